import { after, before, describe } from 'node:test'
import { badReleaseTests } from './bad-releases.ts'
import { disturbanceTests } from './disturbances.ts'
import { Fleet } from './fleet.ts'
import { type Laboratory, openLaboratory, type Variation } from './host.ts'
import { updateTests } from './one-update.ts'
import { powerCutTests } from './power-cuts.ts'
import { bringing, type Setting, withArguments, withOneMoreProgram } from './updating-host.ts'

// Two machines at a time, each with one processor. What is inside inherits the number unless it says its own.
describe('updates', { concurrency: 2 }, () => {
  let laboratory: Laboratory
  let fleet: Fleet
  const opened = Promise.withResolvers<Setting>()
  const setting = () => opened.promise

  before(async () => {
    fleet = await Fleet.open()
    let older: Variation = {}
    let next: Variation = {}
    laboratory = await openLaboratory(async (pushPage) => {
      const [oldPage, newPage] = [
        bringing(await pushPage('old', 'page of 1.0')),
        bringing(await pushPage('new', 'page of 1.1')),
      ]
      older = { version: '1.0', change: oldPage }
      next = { version: '1.1', change: (same) => withOneMoreProgram(newPage(same)) }
      return fleet.trusting(older)
    })
    const nextButOne: Variation = {
      version: '1.2',
      change: (same) => withArguments(same, 'slipway.release=1.2'),
    }
    await fleet.release(older)
    await fleet.release(next, { patched: true })
    for (const { variation, floor } of [
      { variation: next, floor: true },
      { variation: nextButOne, floor: false },
    ])
      for (const channel of ['next', 'floors'])
        await fleet.release(variation, { channel, floor: floor && channel === 'floors' })
    opened.resolve({ laboratory, fleet })
  })

  after(async () => {
    await laboratory?.close()
    await fleet?.close()
  })

  const recording = updateTests(setting)
  disturbanceTests(setting)
  badReleaseTests(setting)
  powerCutTests(() => recording)
})
