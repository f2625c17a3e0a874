import { engineErrors } from '../../../errors/engine.ts'
import type { WaitCondition } from '../../containers/waiters.ts'
import { HttpError } from '../http-error.ts'
import { hungUp } from '../request.ts'
import type { ContainerRequest } from './find.ts'

/** `POST /containers/{id}/wait`: answers at once, and says the exit code when there is one. */
export async function waitForContainer({
  context,
  container,
  query,
  response,
}: ContainerRequest): Promise<void> {
  const condition = conditionOf(query.get('condition'))
  const { id } = container
  const waiting = context.supervisor.lifecycle.wait(id, condition, hungUp(response))
  // The command line starts the container only when it has these headers.
  response.writeHead(200, { 'Content-Type': 'application/json' })
  response.flushHeaders()
  const { exitCode, error } = await waiting
  const failure = error === '' ? {} : { Error: { Message: error } }
  response.end(`${JSON.stringify({ StatusCode: exitCode, ...failure })}\n`)
}

function conditionOf(text: string | null): WaitCondition {
  if (text === null || text === '') return 'not-running'
  if (text === 'not-running' || text === 'next-exit' || text === 'removed') return text
  throw new HttpError(
    400,
    engineErrors.error('SLIPWAY_ENGINE_INVALID', { problem: `invalid condition: "${text}"` })
      .message,
  )
}
