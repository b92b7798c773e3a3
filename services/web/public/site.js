// What this installation is called. The gateway answers with its own, from the environment's `site.name`; this file
// stands in for it in development. It runs before the page's scripts, so the name never changes before one's eyes.
window.collabSite = { name: "Collab" };
document.title = window.collabSite.name;
