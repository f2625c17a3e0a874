import { isSlipwayError } from '../../errors/error.ts'

/** Why a container or a command in one did not start, in runc's words, and what Docker counts it as. */
export type StartFailure = { readonly message: string; readonly exitCode: number }

/** Docker's exit codes of what never ran. */
const notFound = 127
const notExecutable = 126
const unknown = 128

/**
 * Docker's command line tells a missing program (exit status 127) from one that cannot be run (126) by
 * runc's words, and crun has others.
 *
 * @param reason what crun said
 */
export function startFailure(reason: string): StartFailure {
  const text = reason.replace(/^(?:.*: )?error executing hook.*|^crun: /gm, '').trim()
  const missing =
    /executable file [`'"](?<name>.*?)[`'"] not found|open executable [`'"](?<open>.*?)[`'"]: No such file/i.exec(
      text,
    )
  if (missing !== null) {
    const name = missing.groups?.name ?? missing.groups?.open ?? ''
    const why = name.includes('/')
      ? `stat ${name}: no such file or directory`
      : 'executable file not found in $PATH'
    return { message: unableTo(`exec: "${name}": ${why}`), exitCode: notFound }
  }
  const directory = /the path [`'"](.*?)[`'"] is not a regular file/.exec(text)
  if (directory !== null) {
    const message = unableTo(`exec: "${directory[1]}": is a directory: permission denied`)
    return { message, exitCode: notExecutable }
  }
  const denied =
    /the path [`'"](.*?)[`'"] exists but it is not executable/.exec(text) ??
    /(?:open executable|exec(?:ve)?) [`'"]?(.*?)[`'"]?: Permission denied/i.exec(text)
  if (denied !== null)
    return {
      message: unableTo(`exec: "${denied[1]}": permission denied`),
      exitCode: notExecutable,
    }
  if (/: No such file or directory/i.test(text))
    return { message: unableTo(text.replace('No such file', 'no such file')), exitCode: notFound }
  if (/: Permission denied/i.test(text))
    return {
      message: unableTo(text.replace('Permission denied', 'permission denied')),
      exitCode: notExecutable,
    }
  return { message: text, exitCode: unknown }
}

/** crun writes `2026-01-01T00:00:00.000000Z: words`, or the words alone. */
export function lastWords(log: string): string {
  return (log.split('\n').at(-1) ?? '').replace(/^\d{4}-\d\d-\d\dT\S+: /, '')
}

/** What the runtime said, when it was the runtime that failed. */
export function runtimeReason(error: unknown): string | undefined {
  return isSlipwayError(error, 'SLIPWAY_SUPERVISOR_CONTAINER_NOT_CREATED')
    ? String(error.details.reason)
    : undefined
}

function unableTo(why: string): string {
  return `unable to start container process: ${why}`
}
