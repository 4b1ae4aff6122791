const en = {
  title: "Topics",
  lead: "What is going on?",
};

const de: typeof en = {
  title: "Topics",
  lead: "Was ist los?",
};

/** Texts of the page Topics. */
export const topics = { en, de };
