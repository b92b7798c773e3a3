/** What the product calls itself; set once in `.env`, read by the page and by `index.html`. */
export const APP_NAME = import.meta.env.VITE_APP_NAME;
