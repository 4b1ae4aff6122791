const en = {
  title: "Access",
  lead: "Who may do what?",
};

const de: typeof en = {
  title: "Zugriff",
  lead: "Wer darf was?",
};

/** Texts of the page Access. */
export const access = { en, de };
