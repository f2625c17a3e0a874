import { after, before, describe, it } from 'node:test'
import type { CleanUps } from '../testing/world.ts'
import { Comparison } from './comparison.ts'

describe('of what containers use, the docker command line says the same', () => {
  let engines: Comparison
  let image: string
  const cleanUps: (() => Promise<void>)[] = []
  const context: CleanUps = { after: (cleanUp) => void cleanUps.push(cleanUp) }

  before(async () => {
    engines = await Comparison.open(context)
    image = await engines.bringImage()
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  it('apart from the figures themselves', () =>
    engines.same(
      `docker run -d --name runs ${image} sleep 1000 > /dev/null`,
      `docker run --name ended --network none ${image} echo`,
      'docker stats --no-stream --format "{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.MemPerc}} {{.NetIO}} {{.BlockIO}} {{.PIDs}}" ended',
      'docker stats --no-stream --no-trunc --format "{{.Name}} {{.MemPerc}} {{.PIDs}}" runs',
      'docker stats --no-stream nosuch',
      'docker rm --force runs ended',
    ))
})
