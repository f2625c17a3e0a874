/** Saves a state into the file named by the first argument; the second is the state's last message. */
import { initialState } from '../state/state.ts'
import { saveUpdateState } from '../state/state-file.ts'

const [, , file = '', message = ''] = process.argv
const lastCheck = { at: '2026-01-15T04:00:00Z', ok: true, message }
await saveUpdateState({ ...initialState, lastCheck }, file)
