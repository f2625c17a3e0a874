import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { runInSandbox } from '../pipeline/sandbox.ts'

export const PROBE_PORT = 8081

const PROBE = '/opt/probe'

/**
 * Makes the disk by which tests and benchmarks look at a host, which has no shell: busybox (QEMU hands out large
 * configs slowly), and a web server that runs scripts by it. `tree` is the machine tree, `tools` that of the build.
 */
export async function makeProbeDisk(
  tree: string,
  tools: string,
  directory: string,
): Promise<string> {
  const [content, disk] = [join(directory, 'probe'), join(directory, 'probe.erofs')]
  await mkdir(join(content, 'www/cgi-bin'), { recursive: true })
  await copyFile(join(tree, 'usr/bin/busybox'), join(content, 'busybox'))
  await writeFile(join(content, 'www/cgi-bin/run'), runScript)
  for (const file of ['busybox', 'www/cgi-bin/run']) await chmod(join(content, file), 0o755)
  await runInSandbox(tools, { writable: [directory] }, 'mkfs.erofs', ['--quiet', disk, content])
  return disk
}

const runScript = `#!${PROBE}/busybox sh
export PATH=/tmp/probe-bin:/usr/bin
[ -e /tmp/probe-bin ] || {
  ${PROBE}/busybox mkdir /tmp/probe-bin
  ${PROBE}/busybox --install -s /tmp/probe-bin
}
printf 'Content-Type: text/plain\\r\\n\\r\\n'
sh -s 2>&1
printf '\\nexit %s' $?
`

/** Units that mount the probe's disk, whose serial is `probe`, and start the web server. */
export const probeUnits = {
  'opt-probe.mount': `[Unit]
Description=What tests look at the host by
[Mount]
What=/dev/disk/by-id/virtio-probe
Where=${PROBE}
Type=erofs
[Install]
WantedBy=multi-user.target
`,
  'probe.service': `[Unit]
Description=Lets tests look at the host
Requires=opt-probe.mount
After=opt-probe.mount
[Service]
ExecStart=${PROBE}/busybox httpd -f -p ${PROBE_PORT} -h ${PROBE}/www
[Install]
WantedBy=multi-user.target
`,
}

/** Runs a script by the probe's shell, as root on the host; `port` of this machine leads to the probe. */
export async function runByProbe(
  port: number | undefined,
  script: string,
  timeoutMs: number,
): Promise<{ exitStatus: number; output: string }> {
  const call = { port, method: 'POST', path: '/cgi-bin/run', body: script, timeoutMs } as const
  const { status, text } = await askOnce(call)
  if (status !== 200) throw new Error(`the probe answered ${status}: ${text}`)
  const [, printed = '', exit] = /^([\s\S]*)\nexit (\d+)$/.exec(text) ?? []
  if (exit === undefined) throw new Error(`the probe's answer was cut off: ${text}`)
  return { exitStatus: Number(exit), output: printed.trimEnd() }
}

export type Answer = { readonly status: number; readonly text: string }

export type Call = {
  readonly port: number | undefined
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
  readonly timeoutMs: number
}

/** One request to this machine's loopback, on a connection of its own. */
export function askOnce({ port, method, path, body = '', timeoutMs }: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Length': Buffer.byteLength(body) }
    const call = request(
      { host: '127.0.0.1', port, method, path, headers, agent: false, timeout: timeoutMs },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (data: string) => {
          text += data
        })
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.once('error', reject)
      },
    )
    call.once('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)))
    call.once('error', reject)
    call.end(body)
  })
}
