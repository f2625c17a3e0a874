import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { updateAgentErrors } from '../../errors/update-agent.ts'
import { ifAbsent, namesIn } from '../../files/absence.ts'
import { writeFileAtomically } from '../../files/atomic.ts'
import { boolean, JsonShapeError, object, optional, parseJson, text } from '../../json/value.ts'
import { isVersion, versionExpectation } from '../version.ts'

/** What people ask the agent for, by files below /run: nothing has to be up to take them. */
export type Order =
  | { readonly kind: 'check' }
  | {
      readonly kind: 'apply'
      readonly version?: string
      /** At once, whatever strategy, hold and lock say. */
      readonly reboot: boolean
    }
  | { readonly kind: 'rollback'; readonly reason?: string }
  | { readonly kind: 'pin'; readonly version: string }
  | { readonly kind: 'pin-end' }
  | { readonly kind: 'hold'; readonly reason?: string }
  | { readonly kind: 'hold-end' }

export type GivenOrder = { readonly id: string; readonly order: Order }

/** What became of an order, for people. */
export type OrderAnswer = {
  readonly ok: boolean
  readonly message: string
  /** Of an error of the catalogue, with what to do next. */
  readonly code?: string
  readonly next?: string
}

/** Leaves an order for the next turn; gives its ID. `run` is the agent's folder below /run. */
export async function giveOrder(order: Order, run: string, now = new Date()): Promise<string> {
  const id = `${String(now.getTime()).padStart(15, '0')}-${randomBytes(4).toString('hex')}`
  await mkdir(folderOf(run), { recursive: true, mode: 0o700 })
  await writeFileAtomically(fileOf(run, id), `${JSON.stringify(order)}\n`)
  return id
}

/** The orders that wait, oldest first. What is no order is removed, and told to `refused`. */
export async function waitingOrders(
  run: string,
  refused: (error: Error) => void,
): Promise<GivenOrder[]> {
  const orders: GivenOrder[] = []
  for (const name of (await namesIn(folderOf(run))).sort()) {
    const id = /^(.+)\.json$/.exec(name)?.[1]
    if (id === undefined) continue
    const file = fileOf(run, id)
    try {
      orders.push({ id, order: orderFromJson(parseJson(await readFile(file))) })
    } catch (error) {
      if (!(error instanceof JsonShapeError)) throw error
      await rm(file, { force: true })
      const details = { file, reason: error.message }
      refused(updateAgentErrors.error('SLIPWAY_UPDATE_ORDER_INVALID', details, error))
    }
  }
  return orders
}

/** Whether an order still waits to be carried out. */
export async function orderWaits(id: string, run: string): Promise<boolean> {
  return (await namesIn(folderOf(run))).includes(`${id}.json`)
}

/** Takes an order back that nobody has carried out. */
export async function withdrawOrder(id: string, run: string): Promise<void> {
  await rm(fileOf(run, id), { force: true })
}

/** Notes what became of an order, which then waits no more. */
export async function answerOrder(id: string, answer: OrderAnswer, run: string): Promise<void> {
  await mkdir(answersOf(run), { recursive: true, mode: 0o700 })
  await writeFileAtomically(join(answersOf(run), `${id}.json`), `${JSON.stringify(answer)}\n`)
  await rm(fileOf(run, id), { force: true })
}

/** Takes the answer to an order; undefined while there is none. */
export async function takeAnswer(id: string, run: string): Promise<OrderAnswer | undefined> {
  const file = join(answersOf(run), `${id}.json`)
  const content = await readFile(file).catch(ifAbsent)
  if (content === undefined) return undefined
  const answer = answerFromJson(parseJson(content))
  await rm(file, { force: true })
  return answer
}

/** Removes answers that nobody waited for. */
export async function forgetOldAnswers(run: string, now: Date): Promise<void> {
  for (const name of await namesIn(answersOf(run))) {
    const file = join(answersOf(run), name)
    if (now.getTime() - (await stat(file)).mtimeMs > answerLifetimeMs)
      await rm(file, { force: true })
  }
}

const answerLifetimeMs = 60 * 60 * 1000

function folderOf(run: string): string {
  return join(run, 'orders')
}

function answersOf(run: string): string {
  return join(run, 'answers')
}

function fileOf(run: string, id: string): string {
  return join(folderOf(run), `${id}.json`)
}

/** Throws JsonShapeError for what is no order. */
export function orderFromJson(value: unknown): Order {
  const order = object(value, 'the order')
  const kind = text(order.kind, 'kind')
  const reason = optional(order.reason, 'reason', text)
  switch (kind) {
    case 'check':
    case 'pin-end':
    case 'hold-end':
      return { kind }
    case 'apply': {
      const version = optional(order.version, 'version', versionText)
      const reboot = boolean(order.reboot, 'reboot')
      return { kind, reboot, ...(version !== undefined && { version }) }
    }
    case 'pin':
      return { kind, version: versionText(order.version, 'version') }
    case 'rollback':
    case 'hold':
      return { kind, ...(reason !== undefined && { reason }) }
    default:
      throw new JsonShapeError(`there is no order "${kind}"`)
  }
}

function versionText(value: unknown, where: string): string {
  const version = text(value, where)
  if (!isVersion(version)) throw new JsonShapeError(`${where} is not ${versionExpectation}`)
  return version
}

function answerFromJson(value: unknown): OrderAnswer {
  const answer = object(value, 'the answer')
  const code = optional(answer.code, 'code', text)
  const next = optional(answer.next, 'next', text)
  return {
    ok: boolean(answer.ok, 'ok'),
    message: text(answer.message, 'message'),
    ...(code !== undefined && { code }),
    ...(next !== undefined && { next }),
  }
}
