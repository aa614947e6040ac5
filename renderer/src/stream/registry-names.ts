// What a registry is called: the place where it was made, with its number where one place made several; its number alone
// where the place was not recorded. Pure; used by the panels of latencies and of stalls.

import type { RunStream } from './run-stream.ts';

export type RegistryName = (registryId: number) => string;

/** Of the registries that are known by now: a later one of the same place changes the names of the others. */
export function createRegistryNames({
  registrySites,
  siteText,
}: Pick<RunStream, 'registrySites' | 'siteText'>): RegistryName {
  const timesOfSite = new Map<number, number>();
  for (const siteId of registrySites.values()) timesOfSite.set(siteId, (timesOfSite.get(siteId) ?? 0) + 1);
  return (registryId) => {
    const siteId = registrySites.get(registryId) ?? 0;
    const site = siteText(siteId);
    if (site === '') return `registry ${registryId}`;
    return timesOfSite.get(siteId) === 1 ? site : `${site} #${registryId}`;
  };
}
