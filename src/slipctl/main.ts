import { usageError, type VerbContext } from './verb.ts'

const defaultSocketPath = '/run/slipway/supervisor.sock'

const usage = `Usage: slipctl [--socket PATH] COMMAND [OPTIONS]

Commands:
  ps [--all] [--json]                  list running containers; --all: the ended ones too
  logs [--follow] [--tail N] NAME      show what a container wrote
  top [--once] [--json]                what running containers use, live; q or Ctrl-C ends it
  inspect NAME                         everything about a container, as JSON
  debug [--image IMAGE] NAME [COMMAND]  tools in the namespaces of a container, whose root is at /target
  debug [--image IMAGE] --host         the same beside the host, if its settings allow it
  status [--json]                      what is declared, and what is wrong with it
  update COMMAND                       updates of this host; update --help tells more
  reset --yes                          erase what this host has kept, and provision it anew; its releases stay

NAME is a container's name, its id or the beginning of its id.

Options:
  --socket PATH   the supervisor's socket [${defaultSocketPath}]
  --version       print the version
  --help          this text

Exit status: 0 all well; 1 the request failed, or status found something wrong; 2 wrong usage.
`

const verbs: Readonly<
  Record<string, () => Promise<{ run(context: VerbContext): Promise<number> }>>
> = {
  ps: () => import('./ps.ts'),
  logs: () => import('./logs.ts'),
  top: () => import('./top/main.ts'),
  inspect: () => import('./inspect.ts'),
  debug: () => import('./debug/main.ts'),
  status: () => import('./status.ts'),
  update: () => import('./update/main.ts'),
  reset: () => import('./reset.ts'),
}

/** The client of supervisor and update agent; gives the exit status. */
export async function main(programArguments: readonly string[], version: string): Promise<number> {
  let socketPath = defaultSocketPath
  let rest = programArguments
  if (rest[0] === '--socket') {
    socketPath = rest[1] ?? ''
    rest = rest.slice(2)
  }
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
  return await (await load()).run({ programArguments: verbArguments, socketPath })
}
