/** What a member of an array has written down of it. */
export type MemberState = {
  /** Grows with every change: of two members, the one with more of them knows better. */
  readonly events: number
  /** How many devices of the array worked then, spares not counted. */
  readonly working: number
  /** Whether this one was among them; a spare is not. */
  readonly isActive: boolean
}

/** Reads `mdadm --examine`; undefined for metadata that does not tell. */
export function readMemberState(output: string): MemberState | undefined {
  const value = (name: string) => new RegExp(`^\\s*${name} : (\\S+)`, 'm').exec(output)?.[1]
  const [events, state, role] = [value('Events'), value('Array State'), value('Device Role')]
  if (events === undefined || state === undefined || !/^\d+$/.test(events)) return undefined
  // R is a device that works while another one takes its place.
  const working = [...state].filter((each) => each === 'A' || each === 'R').length
  return { events: Number(events), working, isActive: role === 'Active' }
}

/**
 * Whether those that are there are all that worked when the array was written last: there is nobody to wait for then.
 * One that had failed before would be of no use, should it come.
 */
export function areAllThatWorked(members: readonly MemberState[]): boolean {
  const events = Math.max(...members.map((each) => each.events))
  const newest = members.filter((each) => each.events === events)
  const working = Math.max(...newest.map((each) => each.working))
  return working > 0 && newest.filter(({ isActive }) => isActive).length >= working
}
