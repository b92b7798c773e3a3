/** What this installation calls itself: `site.name` of its environment, from `/site.js`. */
export const APP_NAME = window.collabSite?.name ?? "Collab";
