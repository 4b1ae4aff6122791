const en = {
  title: "System",
  lead: "Ports, certificates, and what was done here.",
  tabs: "Parts of this page",
  tab: { listeners: "Ports", certificates: "Certificates", done: "What was done" },
  yes: "yes",
  no: "no",
  noListeners: "No port is set up: no device can connect.",
  listener: (name: string) => `Port ${name}`,
  open: "open",
  closed: "closed",
  listenerFacts: {
    address: "Address",
    tls: "Encrypted (TLS)",
    anonymous: "Takes devices without a user name",
    connections: "Connected now",
  },
  tryIt: "Try it",
  tryItOf: (name: string) => `the command line for port ${name}`,
  noCertificates: "No port shows a certificate. With certfile and keyfile in the options the ports for TLS open.",
  certificateFacts: {
    validTo: "Valid until",
    issuer: "Issued by",
    serial: "Serial number",
    file: "File",
    listeners: "Shown on",
  },
  doneCaption: "What was done in this panel",
  nothingDone: "Nothing was changed in this panel yet.",
  doneColumns: { what: "What", by: "By whom", at: "When" },
  doneMore: (total: string) => `The newest of ${total} are shown.`,
};

const de: typeof en = {
  title: "System",
  lead: "Ports, Zertifikate, und was hier getan wurde.",
  tabs: "Teile dieser Seite",
  tab: { listeners: "Ports", certificates: "Zertifikate", done: "Was getan wurde" },
  yes: "ja",
  no: "nein",
  noListeners: "Kein Port ist eingerichtet: kein Gerät kann sich verbinden.",
  listener: (name) => `Port ${name}`,
  open: "offen",
  closed: "zu",
  listenerFacts: {
    address: "Adresse",
    tls: "Verschlüsselt (TLS)",
    anonymous: "Nimmt Geräte ohne Benutzernamen",
    connections: "Jetzt verbunden",
  },
  tryIt: "Ausprobieren",
  tryItOf: (name) => `Befehlszeile für Port ${name}`,
  noCertificates:
    "Kein Port zeigt ein Zertifikat. Mit certfile und keyfile in den Optionen gehen die Ports für TLS auf.",
  certificateFacts: {
    validTo: "Gültig bis",
    issuer: "Ausgestellt von",
    serial: "Seriennummer",
    file: "Datei",
    listeners: "Gezeigt auf",
  },
  doneCaption: "Was in diesem Panel getan wurde",
  nothingDone: "In diesem Panel wurde noch nichts geändert.",
  doneColumns: { what: "Was", by: "Von wem", at: "Wann" },
  doneMore: (total) => `Die neuesten von ${total} werden gezeigt.`,
};

/** Texts of the page System. */
export const system = { en, de };
