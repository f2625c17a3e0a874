import { once } from 'node:events'
import type { Loaded } from '../../images/archive/load.ts'
import type { IntakeProgress } from '../../images/image-intake.ts'
import { familiar } from '../../images/reference.ts'
import { invalid } from '../fields.ts'
import { giveUpWhenIdle } from '../idle.ts'
import { type ApiRequest, bodyOf, flag, hungUp } from '../request.ts'
import { type ProgressLine, ProgressStream } from './progress.ts'

/** `GET /images/get?names=…` and `GET /images/{name}/get`: images as an archive. */
export async function saveImages({ context, path, query, response }: ApiRequest): Promise<void> {
  const { localImages } = context.supervisor
  const names = [...path, ...query.getAll('names')].filter((name) => name !== '')
  if (names.length === 0) throw invalid('names says which images')
  giveUpWhenIdle(response)
  const gone = hungUp(response)
  try {
    await localImages.save(names, async (archive) => {
      for await (const piece of archive) {
        if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'application/x-tar' })
        if (!response.write(piece)) await once(response, 'drain', { signal: gone })
        gone.throwIfAborted()
      }
    })
  } catch (error) {
    // Whoever asked does not want it any more.
    if (!gone.aborted) throw error
  }
  response.end()
}

/** `POST /images/load`: takes in the images of an archive. */
export async function loadImages({ context, query, request, response }: ApiRequest): Promise<void> {
  const { localImages } = context.supervisor
  const quiet = flag(query, 'quiet')
  const stream = new ProgressStream(response)
  giveUpWhenIdle(request)
  const work = async () => {
    await localImages.load(bodyOf(request), {
      signal: hungUp(response),
      onLoaded: (loaded) => {
        for (const line of loadedLines(loaded)) stream.line(line)
      },
      onProgress: (progress) => {
        const line = lineOf(progress, quiet)
        if (line !== undefined) stream.line(line)
      },
    })
  }
  await stream.run(work, (error) => error)
}

function loadedLines({ id, names }: Loaded): ProgressLine[] {
  if (names.length === 0) return [{ stream: `Loaded image ID: ${id}\n` }]
  return names.map((name) => ({ stream: `Loaded image: ${familiar(name)}\n` }))
}

function lineOf(progress: IntakeProgress, quiet: boolean): ProgressLine | undefined {
  if (progress.phase === 'unpacking') {
    const { diffId, readBytes: current, sizeBytes: total } = progress
    const id = diffId.slice('sha256:'.length).slice(0, 12)
    return quiet ? undefined : { status: 'Loading layer', progressDetail: { current, total }, id }
  }
  const { reference, former } = progress
  if (former === undefined) return undefined
  return {
    stream: `The image ${familiar(reference)} already exists, renaming the old one with ID ${former} to empty string\n`,
  }
}
