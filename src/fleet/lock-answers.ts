import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LockKeeper } from './lock-keeper.ts'
import { maximumRequestBytes, parseLockRequest } from './lock-request.ts'
import { holdersOf, lock, unlock, type Verdict } from './locks.ts'

/** Answers a request of the FleetLock protocol, whatever it is, and logs what was understood. */
export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  keeper: LockKeeper,
): Promise<void> {
  const { status, kind, value } = await reply(request, keeper).catch((error: unknown): Reply => {
    const reason = error instanceof Error ? error.message : String(error)
    keeper.log(`a request failed: ${reason}`)
    return { status: 500, kind: 'internal_error', value: 'the server could not keep the change' }
  })
  if (response.destroyed) return
  // What was not read of a request must not be taken for the next one.
  if (!request.complete) response.setHeader('connection', 'close')
  if (status === 405) response.setHeader('allow', 'POST')
  response.setHeader('content-type', 'application/json')
  response.writeHead(status)
  response.end(kind === undefined ? '{}\n' : `${JSON.stringify({ kind, value })}\n`)
}

type Reply = { readonly status: number; readonly kind?: string; readonly value?: string }

async function reply(request: IncomingMessage, keeper: LockKeeper): Promise<Reply> {
  const operation = operations.get(request.url ?? '')
  if (operation === undefined)
    return {
      status: 404,
      kind: 'not_found',
      value: `known here: ${[...operations.keys()].join(', ')}`,
    }
  if (request.method !== 'POST')
    return { status: 405, kind: 'method_not_allowed', value: 'expected POST' }
  if (request.headers['fleet-lock-protocol'] !== 'true')
    return {
      status: 400,
      kind: 'missing_protocol_header',
      value: 'expected the header fleet-lock-protocol: true',
    }
  const body = await readBody(request)
  if (body === undefined)
    return {
      status: 413,
      kind: 'request_too_large',
      value: `expected at most ${maximumRequestBytes} bytes`,
    }
  const parsed = parseLockRequest(body)
  if ('kind' in parsed) return { status: 400, ...parsed }
  return await operation(parsed, keeper)
}

type Operation = (request: { group: string; id: string }, keeper: LockKeeper) => Promise<Reply>

const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  [
    '/v1/pre-reboot',
    async (request, keeper) => {
      const now = new Date().toISOString()
      const verdict = await keeper.change((locks, slots) => lock(locks, slots, request, now))
      return told(verdict, request, 'locked', keeper)
    },
  ],
  [
    '/v1/steady-state',
    async (request, keeper) => {
      const verdict = await keeper.change((locks, slots) => unlock(locks, slots, request))
      return told(verdict, request, 'unlocked', keeper)
    },
  ],
])

function told(
  verdict: Verdict,
  { group, id }: { readonly group: string; readonly id: string },
  done: string,
  keeper: LockKeeper,
): Reply {
  switch (verdict.kind) {
    case 'granted':
      keeper.log(`${group}: ${id} ${done}; ${holdersOf(verdict.locks, group).length} held`)
      return { status: 200 }
    case 'unknown-group':
      keeper.log(`${id} asked for the group ${group}, which there is not`)
      return { status: 404, kind: 'unknown_group', value: `there is no group ${group}` }
    case 'full':
      keeper.log(`${group}: ${id} refused; all ${verdict.slots} slots are locked`)
      return {
        status: 409,
        kind: 'failed_lock_semaphore_full',
        value: `all slots of ${group} are locked: ${verdict.slots}`,
      }
  }
}

/** As much of a request that is too large is let pass by: whoever sends it shall still read the answer. */
const maximumIdleBytes = 1024 * 1024

/** Undefined when it is larger than a request may be. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(piece)) continue
    length += piece.length
    if (length <= maximumRequestBytes) pieces.push(piece)
    if (length > maximumIdleBytes) break
  }
  return length > maximumRequestBytes ? undefined : Buffer.concat(pieces)
}
