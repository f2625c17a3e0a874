import { defaultSocketPath, endpointOf, type Where } from './endpoint.ts'
import { usageError, type VerbContext } from './verb.ts'

export const usage = `Usage: slipctl [--socket PATH | --host tcp://HOST[:PORT] | --context NAME] COMMAND [OPTIONS]

Commands:
  ps [--all] [--json]                  list running containers; --all: the ended ones too
  logs [--follow] [--tail N] NAME      show what a container wrote
  top [--once] [--json]                what running containers use, live; q or Ctrl-C ends it
  inspect NAME                         everything about a container, as JSON
  debug [--image IMAGE] NAME [COMMAND]  tools in the namespaces of a container, whose root is at /target
  debug [--image IMAGE] --host         the same beside the host, if its settings allow it
  discover [--json] [NAME]             where the services of containers are, or those of that name, and how they are
  apply [--json]                       do now what the files say, and what failed before
  apply --dry-run [--json] [FILE...]   the steps that would be taken, with these files in the place of those of the host
  status [--json]                      what is declared, and what is wrong with it
  host [--json]                        release, slot, health, disks and containers of this host
  update COMMAND                       updates of this host; update --help tells more
  reset --yes                          erase what this host has kept, and provision it anew; its releases stay

NAME is a container's name, its id or the beginning of its id; for discover, the name of a service.

Options:
  --socket PATH       the supervisor's socket [${defaultSocketPath}]
  --host tcp://HOST[:PORT]
                      a host elsewhere that serves its API by mutual TLS [port 2376]
  --certificates DIR  with --host: ca.pem, cert.pem and key.pem [$DOCKER_CERT_PATH, else ~/.docker]
  --context NAME      a host elsewhere, as \`docker context create\` knows it
  --version           print the version
  --help              this text

From elsewhere, slipway ctl is the same; reset works on the host alone.

Exit status: 0 all well; 1 the request failed, or status or host found something wrong; 2 wrong usage.
`

const verbs: Readonly<
  Record<string, () => Promise<{ run(context: VerbContext): Promise<number> }>>
> = {
  ps: () => import('./ps.ts'),
  logs: () => import('./logs.ts'),
  top: () => import('./top/main.ts'),
  inspect: () => import('./inspect.ts'),
  debug: () => import('./debug/main.ts'),
  discover: () => import('./discover.ts'),
  apply: () => import('./apply.ts'),
  status: () => import('./status.ts'),
  host: () => import('./host/main.ts'),
  update: () => import('./update/main.ts'),
  reset: () => import('./reset.ts'),
}

/** The client of supervisor and update agent; gives the exit status. */
export async function main(programArguments: readonly string[], version: string): Promise<number> {
  const { where, rest } = whereFirst(programArguments)
  const [verb, ...verbArguments] = rest
  if (verb === '--version') {
    process.stdout.write(`${version}\n`)
    return 0
  }
  const isHelp = verb !== 'update' && verbArguments.includes('--help')
  if (verb === '--help' || verb === '-h' || isHelp) {
    process.stdout.write(usage)
    return 0
  }
  if (verb === undefined) {
    process.stderr.write(usage)
    return 2
  }
  const load = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
  if (load === undefined) throw usageError(`unknown command "${verb}"`)
  // A reader that stops reading, such as head, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const endpoint = await endpointOf(where)
  return await (await load()).run({ programArguments: verbArguments, endpoint })
}

const whereOptions: Readonly<Record<string, keyof Where>> = {
  '--socket': 'socket',
  '--host': 'host',
  '--certificates': 'certificates',
  '--context': 'context',
}

/** The options before the verb, as `--option VALUE` or `--option=VALUE`. */
function whereFirst(all: readonly string[]): { where: Where; rest: readonly string[] } {
  const [first = '', ...more] = all
  const [name = '', ...value] = first.split('=')
  const option = Object.hasOwn(whereOptions, name) ? whereOptions[name] : undefined
  if (option === undefined) return { where: {}, rest: all }
  const given = first.includes('=') ? value.join('=') : more.shift()
  if (given === undefined || given === '') throw usageError(`${name} needs a value`)
  const { where, rest } = whereFirst(more)
  if (option in where) throw usageError(`${name} is there twice`)
  return { where: { ...where, [option]: given }, rest }
}
