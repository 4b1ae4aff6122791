const en = {
  title: "System",
  lead: "Ports, certificates, settings and the log.",
};

const de: typeof en = {
  title: "System",
  lead: "Ports, Zertifikate, Einstellungen und das Protokoll.",
};

/** Texts of the page System. */
export const system = { en, de };
