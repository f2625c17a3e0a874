/**
 * The arguments in a kernel command line, as the kernel cuts it: at white space outside of double quotes
 * (the kernel's parse_args). Quotes stay where they are.
 */
export function argumentsIn(commandLine: string): string[] {
  return commandLine.match(/(?:"[^"]*(?:"|$)|[^\s"])+/g) ?? []
}
