const en = {
  title: "Devices",
};

const de: typeof en = {
  title: "Geräte",
};

/** Texts of the page Devices. */
export const devices = { en, de };
