import { stderr, stdin, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { isSlipwayError } from '../../errors/error.ts'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { ask, get, getJson } from '../../supervisor/api/client.ts'
import type { Endpoint } from '../../supervisor/api/endpoint.ts'
import { writeFrames } from '../logs.ts'
import { usageError, type VerbContext } from '../verb.ts'
import { besideContainer, besideHost, type Target } from './request.ts'
import { runAttached } from './session.ts'
import { emptyTarget, linkToRoot } from './target-tree.ts'

const usualCommand = ['sh']
/** Of a container that has ended: why it did is mostly here. */
const shownLines = 20

/**
 * Runs tools from an image of their own beside a container, whose root is at /target, or beside the
 * host; gives the exit status of the command.
 */
export async function run({ programArguments, endpoint }: VerbContext): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...programArguments],
    allowPositionals: true,
    options: { image: { type: 'string' }, host: { type: 'boolean' } },
  })
  const host = values.host === true
  const [name, given] = host ? [undefined, positionals] : [positionals[0], positionals.slice(1)]
  if (name === undefined && !host)
    throw usageError('debug takes the name of a container, or --host')
  const settings = (await getJson(endpoint, '/slipway/debug')) as DebugAnswer
  if (host && !settings.host) throw supervisorErrors.error('SLIPWAY_SUPERVISOR_DEBUG_HOST_REFUSED')
  const target =
    name === undefined
      ? undefined
      : ((await getJson(endpoint, `/containers/${encodeURIComponent(name)}/json`)) as Target)
  const image = values.image ?? settings.image
  if (image === null) throw supervisorErrors.error('SLIPWAY_SUPERVISOR_DEBUG_NO_IMAGE')
  await bringImage(endpoint, image)
  const terminal = stdin.isTTY === true && stdout.isTTY === true
  const tools = { image, terminal, command: given.length > 0 ? given : usualCommand }
  const body = target === undefined ? besideHost(tools) : besideContainer(target, tools)
  const answer = await ask(endpoint, '/containers/create', { method: 'POST', body })
  const { Id } = JSON.parse(answer) as { Id: string }
  try {
    if (target !== undefined) await giveTarget(endpoint, Id, target)
    return await runAttached(endpoint, Id, terminal)
  } finally {
    await removeIfThere(endpoint, Id)
  }
}

/** `GET /slipway/debug`. */
type DebugAnswer = { readonly host: boolean; readonly image: string | null }

async function giveTarget(endpoint: Endpoint, id: string, target: Target): Promise<void> {
  const put = async (path: string, body: Awaited<ReturnType<typeof linkToRoot>>) =>
    await ask(endpoint, `/containers/${id}/archive?path=${path}`, { method: 'PUT', body })
  const { State, Id, Name } = target
  if (State.Running) {
    await put('/', await linkToRoot(State.Pid))
    return
  }
  stderr.write(`${Name.slice(1)} does not run; its last exit code was ${State.ExitCode}.\n`)
  await showLastLines(endpoint, Id)
  stderr.write('A copy of its file system, without volumes, goes to /target.\n')
  await put('/', emptyTarget())
  await put('/target', await get(endpoint, `/containers/${Id}/export`))
}

async function showLastLines(endpoint: Endpoint, id: string): Promise<void> {
  try {
    await writeFrames(
      await get(endpoint, `/containers/${id}/logs?stdout=1&stderr=1&tail=${shownLines}`),
    )
  } catch (error) {
    if (!isSlipwayError(error, 'SLIPWAY_SUPERVISOR_REQUEST_FAILED')) throw error
    stderr.write(`Its log cannot be shown: ${error.message}\n`)
  }
}

async function bringImage(endpoint: Endpoint, image: string): Promise<void> {
  try {
    await getJson(endpoint, `/images/${encodeURIComponent(image)}/json`)
  } catch (error) {
    if (!isStatus(error, 404)) throw error
    stderr.write(`Pulling ${image} …\n`)
    const query = new URLSearchParams({
      fromImage: image,
      ...(hasTag(image) ? {} : { tag: 'latest' }),
    })
    const said = await ask(endpoint, `/images/create?${query}`, { method: 'POST' })
    // What goes wrong on the way is told in the stream.
    const failed = said
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { error?: string }).error)
      .find((reason) => reason !== undefined)
    if (failed !== undefined)
      throw supervisorErrors.error('SLIPWAY_SUPERVISOR_DEBUG_PULL_FAILED', {
        image,
        reason: failed,
      })
  }
}

function hasTag(image: string): boolean {
  return image.includes('@') || /:[^/]+$/.test(image)
}

/** It goes by itself with its end, unless it never began. */
async function removeIfThere(endpoint: Endpoint, id: string): Promise<void> {
  try {
    await ask(endpoint, `/containers/${id}?force=1`, { method: 'DELETE' })
  } catch (error) {
    if (!isStatus(error, 404)) throw error
  }
}

function isStatus(error: unknown, status: number): boolean {
  return (
    isSlipwayError(error, 'SLIPWAY_SUPERVISOR_REQUEST_FAILED') && error.details.status === status
  )
}
