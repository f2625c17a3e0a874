import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import { onHost } from './host.ts'

/** One call of the host's Engine API, by its socket. Gives the answer's status and its JSON, or its text. */
export async function askHost(
  machine: VirtualMachine,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly answer: unknown }> {
  const content = body === undefined ? '' : JSON.stringify(body)
  const headers = [
    `${method} ${path} HTTP/1.0`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(content)}`,
  ]
  const call = Buffer.from(`${headers.join('\r\n')}\r\n\r\n${content}`).toString('base64')
  const text = await onHost(
    machine,
    `echo ${call} | base64 -d | socat -t 1 -,ignoreeof UNIX-CONNECT:/run/slipway/supervisor.sock`,
  )
  // The probe takes blank lines away at the end.
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const status = /^HTTP\/1\.\d (\d+)/.exec(head)?.[1]
  return { status: Number(status), answer: jsonOr(rest.join('\r\n\r\n')) }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Runs a script in a container of its own to its end, and gives what it printed. */
export async function inContainer(
  machine: VirtualMachine,
  image: string,
  script: string,
  hostConfig: object = {},
): Promise<string> {
  const { id, start } = await startScript(machine, image, script, hostConfig)
  if (start.status !== 204) throw new Error(`not started: ${JSON.stringify(start.answer)}`)
  await askHost(machine, 'POST', `/containers/${id}/wait`)
  const { answer } = await askHost(machine, 'GET', `/containers/${id}/logs?stdout=1&stderr=1`)
  await askHost(machine, 'DELETE', `/containers/${id}?force=1`)
  return String(answer).replaceAll('\r\n', '\n').trimEnd()
}

/** Makes such a container and has it started; gives what was answered to that. */
export async function startScript(
  machine: VirtualMachine,
  image: string,
  script: string,
  hostConfig: object = {},
): Promise<{ readonly id: string; readonly start: Awaited<ReturnType<typeof askHost>> }> {
  const created = await askHost(machine, 'POST', '/containers/create', {
    ...{ Image: image, Cmd: ['sh', '-c', script], HostConfig: hostConfig },
    // Its output comes as it is, without frames.
    Tty: true,
  })
  const { Id } = created.answer as { Id?: string }
  if (Id === undefined) throw new Error(`not created: ${JSON.stringify(created.answer)}`)
  return { id: Id, start: await askHost(machine, 'POST', `/containers/${Id}/start`) }
}
