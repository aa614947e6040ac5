// Which page the window shows, and who counts as that page: everything else is refused everything.

/** A scheme of its own gives the page an origin, which `file:` would not. */
export const PAGE_SCHEME = 'app';
export const PAGE_HOST = 'heapline';
const BUILT_PAGE_ADDRESS = `${PAGE_SCHEME}://${PAGE_HOST}/index.html`;

export interface Page {
  readonly address: string;
  readonly origin: string;
  /** It comes from electron-vite's server. */
  readonly isInDevelopment: boolean;
}

/**
 * The built page; or, while developing, the one of electron-vite's server.
 * @param developmentAddress ignored in a packaged application: an environment variable must not choose its page
 */
export function choosePage(isPackaged: boolean, developmentAddress: string | undefined): Page {
  const isInDevelopment = !isPackaged && developmentAddress !== undefined && developmentAddress !== '';
  const address = isInDevelopment ? developmentAddress : BUILT_PAGE_ADDRESS;
  // As the browser writes it, with the slash that a bare origin lacks: reloading compares addresses.
  const { href, protocol, host } = new URL(address);
  return { address: href, origin: `${protocol}//${host}`, isInDevelopment };
}
