/**
 * The source of an identity that came with an import from another broker: nobody here has vouched for it yet. It holds
 * until the client logs in.
 */
export const IMPORTED = "import";
