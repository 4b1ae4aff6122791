const en = {
  title: "Bridges",
  lead: "Connections to other brokers.",
};

const de: typeof en = {
  title: "Brücken",
  lead: "Verbindungen zu anderen Brokern.",
};

/** Texts of the page Bridges. */
export const bridges = { en, de };
