import type { Route } from '../request.ts'

export type RandomRequest = {
  readonly method: string
  readonly path: string
  readonly body: string | undefined
}

/**
 * A call of a route with what a client might send by mistake, or to see what breaks.
 *
 * @param known what it may be about: containers, and an image at the end
 */
export function randomRequest(
  { methods, path }: Route,
  known: readonly string[],
  random: () => number,
): RandomRequest {
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const word = () => one([...known, ...oddWords])
  const filled = path.replaceAll(/\{[^}]*\}/g, () => encoded(word()))
  const query = Array.from({ length: Math.floor(random() * 4) }, () => {
    const value = one([word(), JSON.stringify(randomValue(random, 2)), '1', '-1', '1e999'])
    return `${encoded(one(queryNames))}=${encoded(value)}`
  })
  const method = one(methods)
  const hasBody = method !== 'GET' && method !== 'HEAD' && random() < 0.9
  return {
    method,
    path: `${one(['', '/v1.40', '/v1.47'])}${filled}?${query.join('&')}`,
    body: hasBody ? randomBody(random, known) : undefined,
  }
}

/** Mostly JSON, mostly with names that mean something. */
function randomBody(random: () => number, known: readonly string[]): string {
  const [image] = known.toReversed()
  const meant = random() < 0.7 ? { Image: image, HostConfig: randomObject(random, 3) } : {}
  const text = JSON.stringify({ ...randomObject(random, 4), ...meant })
  return random() < 0.1 ? text.slice(0, Math.floor(random() * text.length)) : text
}

function randomObject(random: () => number, depth: number): object {
  const count = Math.floor(random() * 8)
  return Object.fromEntries(
    Array.from({ length: count }, () => [
      bodyNames[Math.floor(random() * bodyNames.length)],
      randomValue(random, depth - 1),
    ]),
  )
}

function randomValue(random: () => number, depth: number): unknown {
  const kind = Math.floor(random() * (depth > 0 ? 8 : 6))
  switch (kind) {
    case 0:
      return null
    case 1:
      return random() < 0.5
    case 2:
      return [0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308][Math.floor(random() * 7)]
    case 3:
    case 4:
    case 5:
      return oddWords[Math.floor(random() * oddWords.length)]
    case 6:
      return Array.from({ length: Math.floor(random() * 4) }, () => randomValue(random, depth - 1))
    default:
      return randomObject(random, depth)
  }
}

const oddWords = [
  ...[
    '',
    ' ',
    '.',
    '..',
    '../../etc/passwd',
    '/',
    '//',
    '/../..',
    '\0',
    'a\nb',
    '%00',
    '-',
    '--help',
  ],
  ...['__proto__', 'constructor', 'toString', '$(reboot)', '`id`', '"', "'", '{}', '[]', 'null'],
  ...['\u202e', '\ud800', 'é'.repeat(300), 'a'.repeat(5000), '0'.repeat(64), 'f'.repeat(12)],
  ...[
    'host',
    'none',
    'bridge',
    'container:',
    'container:x',
    '1000:1000',
    'always',
    'no',
    'SIGKILL',
  ],
  ...['80/tcp', '65536/udp', 'sha256:', 'a:b:c:d', '/a:/b:ro,rw', '9999999999999999999', 'all'],
]

const queryNames = [
  ...['all', 'limit', 'size', 'filters', 'name', 'signal', 't', 'tail', 'since', 'until', 'stdout'],
  ...['stderr', 'stdin', 'logs', 'h', 'w', 'condition', 'v', 'force', 'link', 'ps_args', 'details'],
  ...[
    'platform',
    'timestamps',
    'tag',
    'repo',
    'fromImage',
    'fromSrc',
    'path',
    'digests',
    '__proto__',
  ],
]

const bodyNames = [
  ...['Image', 'Cmd', 'Entrypoint', 'Env', 'User', 'WorkingDir', 'Labels', 'Hostname', 'Tty'],
  ...['OpenStdin', 'StopSignal', 'StopTimeout', 'ExposedPorts', 'Volumes', 'Healthcheck', 'Test'],
  ...[
    'HostConfig',
    'Binds',
    'Mounts',
    'Tmpfs',
    'PortBindings',
    'NetworkMode',
    'PidMode',
    'IpcMode',
  ],
  ...['RestartPolicy', 'Name', 'MaximumRetryCount', 'Memory', 'NanoCpus', 'PidsLimit', 'CapAdd'],
  ...['SecurityOpt', 'Ulimits', 'Sysctls', 'Devices', 'ExtraHosts', 'LogConfig', 'Type', 'Config'],
  ...['Source', 'Target', 'Driver', 'DriverOpts', 'NetworkingConfig', 'EndpointsConfig', 'IPAM'],
  ...['AttachStdin', 'AttachStdout', 'Detach', 'DetachKeys', 'Container', 'Force', '__proto__'],
]

/** A lone surrogate has no form in a URL. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
