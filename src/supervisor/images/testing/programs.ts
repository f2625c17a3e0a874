import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/**
 * The absolute path of a real program that a component test needs: below SLIPWAY_TOOLS_ROOT if that
 * is set, else from PATH.
 *
 * @throws an error that names the program and its Debian package: such a test fails, it is not skipped
 */
export function requiredProgram(name: string, debianPackage: string): string {
  const root = process.env.SLIPWAY_TOOLS_ROOT
  const directories =
    root === undefined
      ? (process.env.PATH ?? '').split(':')
      : ['usr/bin', 'usr/sbin'].map((part) => join(root, part))
  const found = directories.map((directory) => join(directory, name)).find(isExecutable)
  if (found !== undefined) return found
  throw new Error(`this test needs ${name}: apt-get install ${debianPackage}`)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
