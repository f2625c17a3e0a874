import { isSlipwayError } from '../../errors/error.ts'
import { goBack } from './go-back.ts'
import { failureOf, logError } from './log-error.ts'
import { look } from './look.ts'
import type { Order, OrderAnswer } from './orders.ts'
import type { Session } from './session.ts'

/** An order's answer, and what it asks of the rest of the turn. */
export type CarriedOut = {
  readonly answer: OrderAnswer
  /** Into the release that waits, or into the one before. */
  readonly reboot?: 'into-staged' | 'back'
}

/** Carries out what somebody asked for. Throws the signal's reason. */
export async function carryOut(session: Session, order: Order): Promise<CarriedOut> {
  const { host, running, at } = session
  switch (order.kind) {
    case 'check':
      return { answer: await look(session) }
    case 'apply':
      return await apply(session, order)
    case 'rollback':
      return await rollBack(session, order.reason ?? 'somebody asked for it')
    case 'pin': {
      const { version } = order
      await session.advance({ kind: 'pinned', pin: { since: at, version } })
      host.log('notice', `The host is pinned to ${version}.`)
      return { answer: await andThenLook(session, `This host is pinned to ${version}.`) }
    }
    case 'pin-end':
      await session.advance({ kind: 'pin-ended' })
      host.log('notice', 'The host is no longer pinned.')
      return { answer: await andThenLook(session, 'This host is no longer pinned.') }
    case 'hold': {
      const { reason } = order
      const hold = { since: at, ...(reason !== undefined && { reason }) }
      await session.advance({ kind: 'held', hold })
      host.log('notice', `Updates are held${reason === undefined ? '.' : `: ${reason}`}`)
      return {
        answer: { ok: true, message: `Updates of this host, ${running.version}, are held.` },
      }
    }
    case 'hold-end':
      await session.advance({ kind: 'hold-ended' })
      host.log('notice', 'Updates are no longer held.')
      return { answer: await andThenLook(session, 'Updates are no longer held.') }
  }
}

async function apply(
  session: Session,
  { version, reboot }: Extract<Order, { kind: 'apply' }>,
): Promise<CarriedOut> {
  const answer = await look(session, version === undefined ? {} : { version })
  const { phase } = session.state
  if (phase.kind !== 'staged') return { answer }
  const { version: staged } = phase
  // What is in place was signed and verified: to boot it takes no server.
  if (!answer.ok && version !== undefined && version !== staged) return { answer }
  const { message } = answer
  return reboot
    ? {
        answer: { ok: true, message: `${message}. The host reboots into ${staged} now.` },
        reboot: 'into-staged',
      }
    : { answer: { ...answer, message: `${message}. ${staged} waits for a reboot.` } }
}

async function rollBack(session: Session, reason: string): Promise<CarriedOut> {
  const { host } = session
  try {
    const version = await goBack(session, reason)
    const message = `The host reboots into ${version} now; it takes ${session.running.version} again only by its name.`
    return { answer: { ok: true, message }, reboot: 'back' }
  } catch (error) {
    host.signal.throwIfAborted()
    if (!isSlipwayError(error)) throw error
    logError(host.log, error)
    return { answer: { ok: false, ...failureOf(error) } }
  }
}

/** What was changed may let a release be taken, or dropped; a look that fails does not undo the change. */
async function andThenLook(session: Session, done: string): Promise<OrderAnswer> {
  if (session.enabled === undefined) return { ok: true, message: done }
  const { message } = await look(session)
  return { ok: true, message: `${done} ${message}` }
}
