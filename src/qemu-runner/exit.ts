/** How QEMU ended. */
export type Exit = {
  /** The exit status; null when a signal ended it. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  /** QEMU's reason for the last shutdown: `guest-shutdown`, `guest-reset`, `host-qmp-quit`, … */
  readonly reason: string | undefined
  /** The last of what QEMU itself had to say. */
  readonly diagnostics: string
  /** Since QEMU's start. */
  readonly atMs: number
}

/** An exit in words. */
export function exitText({ status, signal, reason, diagnostics }: Exit): string {
  const how = reason ?? (signal ? `killed by ${signal}` : `exit status ${status}`)
  const detail = status === 0 || diagnostics === '' ? '' : `: ${diagnostics.trim()}`
  return `${how}${detail}`
}
