// Addresses at the server that sent this page. Runs in the page.

/** With the token, which stays in the page's address, so that a reload finds it again. */
export function servedAddress(path: string, query: Readonly<Record<string, string>> = {}): string {
  const token = new URLSearchParams(window.location.search).get('token') ?? '';
  return `${path}?${new URLSearchParams({ token, ...query }).toString()}`;
}
