const en = {
  title: "Bridges",
  lead: "Connections to other brokers.",
  none: "There is no bridge. A conf file in the folder of customize makes one: the lines connection, address and topic.",
  all: "All bridges",
  single: (name: string) => `Only the bridge ${name} is shown.`,
  unknown: (name: string) => `There is no bridge ${name}.`,
  facts: {
    address: "Address",
    since: "Since",
    in: "Messages that came in",
    out: "Messages that went out",
    where: "Written in",
  },
  topics: "Topics",
};

const de: typeof en = {
  title: "Brücken",
  lead: "Verbindungen zu anderen Brokern.",
  none: "Es gibt keine Brücke. Eine conf-Datei im Ordner von customize macht eine: die Zeilen connection, address und topic.",
  all: "Alle Brücken",
  single: (name) => `Nur die Brücke ${name} wird gezeigt.`,
  unknown: (name) => `Es gibt keine Brücke ${name}.`,
  facts: {
    address: "Adresse",
    since: "Seit",
    in: "Nachrichten herein",
    out: "Nachrichten hinaus",
    where: "Steht in",
  },
  topics: "Topics",
};

/** Texts of the page Bridges. */
export const bridges = { en, de };
