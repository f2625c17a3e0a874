import type { Order } from '../../update/agent/orders.ts'
import type { Progress } from '../../update/agent/progress-file.ts'
import type { Updates } from './updates.ts'

/** Gives an order and prints the answer; gives the exit status. A terminal shows the progress meanwhile. */
export async function askAndPrint(updates: Updates, order: Order, json: boolean): Promise<number> {
  const { progress } = updates
  const isShown = progress !== undefined && process.stderr.isTTY && !json
  const stop = isShown ? showProgress(progress) : () => {}
  const answer = await updates.order(order).finally(stop)
  const { ok, message, code, next } = answer
  if (json) process.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`)
  else if (ok) process.stdout.write(`${message}\n`)
  else {
    const codeText = code === undefined ? '' : ` [${code}]`
    process.stderr.write(`slipctl: ${message}${codeText}\n${next === undefined ? '' : `${next}\n`}`)
  }
  return ok ? 0 : 1
}

function showProgress(read: () => Progress | undefined): () => void {
  const clear = '\r\x1b[K'
  const timer = setInterval(() => {
    const progress = read()
    if (progress === undefined) return
    process.stderr.write(`${clear}${progress.version}: ${progress.step}, ${progress.percent} %`)
  }, 500)
  return () => {
    clearInterval(timer)
    process.stderr.write(clear)
  }
}
