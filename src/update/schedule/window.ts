/**
 * Weekly windows in which a host may reboot: a wall clock's start in a time zone, and a length of elapsed
 * time. Where clocks jump over a start, it moves by as much as they jump (02:30 becomes 03:30); where they
 * show it twice, the first counts, as in RFC 5545.
 */

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof weekdays)[number]

export type RebootWindow = {
  /** On which days it opens; at least one. */
  readonly days: readonly Weekday[]
  readonly start: { readonly hour: number; readonly minute: number }
  /** Elapsed time, at most a day; it may reach into the next day. */
  readonly lengthMs: number
  /** A name of IANA's time zone database. */
  readonly timeZone: string
}

/** One time that a window opens; milliseconds since 1970. Open at `opensAtMs`, closed at `closesAtMs`. */
export type Opening = { readonly opensAtMs: number; readonly closesAtMs: number }

/** The longest that a window may be. */
export const maximumWindowMs = 24 * 60 * 60 * 1000

/** Whether any of the windows is open. */
export function isOpen(windows: readonly RebootWindow[], atMs: number): boolean {
  return openAt(windows, atMs) !== undefined
}

/** The opening that is going on, the one that ends last when there are several; undefined when all are closed. */
export function openAt(windows: readonly RebootWindow[], atMs: number): Opening | undefined {
  return windows
    .flatMap((window) => openingsAround(window, atMs))
    .filter(({ opensAtMs, closesAtMs }) => opensAtMs <= atMs && atMs < closesAtMs)
    .toSorted((a, b) => b.closesAtMs - a.closesAtMs)[0]
}

/** The opening that is going on, else the next one; undefined when there are no windows. */
export function nextOpening(windows: readonly RebootWindow[], atMs: number): Opening | undefined {
  const open = openAt(windows, atMs)
  if (open !== undefined) return open
  return windows
    .flatMap((window) => openingsAround(window, atMs))
    .filter(({ opensAtMs }) => opensAtMs > atMs)
    .toSorted((a, b) => a.opensAtMs - b.opensAtMs)[0]
}

/** Every opening that can be going on at this time, and at least one after it. */
function openingsAround(window: RebootWindow, atMs: number): Opening[] {
  const today = Temporal.Instant.fromEpochMilliseconds(Math.floor(atMs))
    .toZonedDateTimeISO(window.timeZone)
    .toPlainDate()
  // Two days back: a window is a day long at most, and a zone may have skipped a whole day.
  const dates = Array.from({ length: 11 }, (_, index) => today.add({ days: index - 2 }))
  return dates
    .filter((date) => window.days.some((day) => weekdays.indexOf(day) === date.dayOfWeek - 1))
    .map((date) => {
      const opensAtMs = date
        .toPlainDateTime(window.start)
        .toZonedDateTime(window.timeZone, { disambiguation: 'compatible' }).epochMilliseconds
      return { opensAtMs, closesAtMs: opensAtMs + window.lengthMs }
    })
}
