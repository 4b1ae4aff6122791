/** Names that Home Assistant and its other apps log in with; no login, file or Home Assistant user takes them. */
export const HOME_ASSISTANT_USERS = ["homeassistant", "addons"] as const;
