interface Window {
  readonly collabSite?: { readonly name: string };
}
