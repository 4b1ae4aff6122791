const en = {
  title: "Overview",
};

const de: typeof en = {
  title: "Übersicht",
};

/** Texts of the page Overview. */
export const overview = { en, de };
