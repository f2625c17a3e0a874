import { HttpError } from './http-error.ts'

/** The versions of Docker's Engine API whose shapes we answer with. */
export const apiVersion = '1.47'
export const minimumApiVersion = '1.40'

/** Takes the version off a path, such as `v1.47`. Throws an HttpError for one that we do not speak. */
export function withoutVersion(path: readonly string[]): readonly string[] {
  const [, major, minor] = /^v(\d+)\.(\d+)$/.exec(path[0] ?? '') ?? []
  if (major === undefined || minor === undefined) return path
  const asked = { major: Number(major), minor: Number(minor) }
  const version = `${asked.major}.${asked.minor}`
  if (isBefore(asked, parsed(minimumApiVersion)))
    throw new HttpError(
      400,
      `client version ${version} is too old. Minimum supported API version is ${minimumApiVersion}, please upgrade your client to a newer version`,
    )
  if (isBefore(parsed(apiVersion), asked))
    throw new HttpError(
      400,
      `client version ${version} is too new. Maximum supported API version is ${apiVersion}`,
    )
  return path.slice(1)
}

/** Whether a request says that it speaks a version before this one; one that says nothing speaks ours. */
export function speaksBefore(url: string, version: string): boolean {
  const [, text] = /^\/v(\d+\.\d+)\//.exec(url) ?? []
  return text !== undefined && isBefore(parsed(text), parsed(version))
}

type Version = { readonly major: number; readonly minor: number }

function parsed(text: string): Version {
  const [major = 0, minor = 0] = text.split('.').map(Number)
  return { major, minor }
}

function isBefore(a: Version, b: Version): boolean {
  return a.major < b.major || (a.major === b.major && a.minor < b.minor)
}
