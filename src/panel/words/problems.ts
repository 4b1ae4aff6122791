const en = {
  title: "Problems",
};

const de: typeof en = {
  title: "Probleme",
};

/** Texts of the page Problems. */
export const problems = { en, de };
