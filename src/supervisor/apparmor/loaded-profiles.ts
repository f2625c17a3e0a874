/**
 * The names of the profiles that the kernel has.
 *
 * @param text its list: a line such as `docker-default (enforce)` for each
 */
export function loadedProfiles(text: string): ReadonlySet<string> {
  return new Set(text.split('\n').flatMap((line) => /^(.+) \(\w+\)$/.exec(line)?.[1] ?? []))
}
