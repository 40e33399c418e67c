// node tests/tus_upload.mjs FILE ENDPOINT COOKIE [CHUNK]: sends a file with tus-js-client, which others wrote, and
// goes on after each failure, for as long as it takes. Prints a line of JSON for each event.
import { createReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import { createRequire } from 'node:module'

const { Upload } = createRequire(new URL('../web/package.json', import.meta.url))('tus-js-client')
const [file, endpoint, cookie, chunk] = process.argv.slice(2)
const say = (event) => console.log(JSON.stringify(event))
let requests = 0
let sent = 0

const upload = new Upload(createReadStream(file), {
    endpoint,
    chunkSize: chunk ? Number(chunk) : Infinity,
    uploadSize: statSync(file).size,
    retryDelays: Array(60).fill(500),
    metadata: { filename: basename(file), filetype: 'application/octet-stream' },
    headers: { Cookie: cookie },
    onBeforeRequest: () => void ++requests,
    onAfterResponse: (request, response) => {
        const id = response.getHeader('Upload-File')
        if (id) say({ event: 'file', id })
    },
    onProgress: (bytes) => {
        if (bytes - sent < 1_000_000 && bytes >= sent) return
        sent = bytes
        say({ event: 'progress', bytes })
    },
    onError: (error) => {
        say({ event: 'error', message: error.message })
        process.exit(1)
    },
    onSuccess: () => say({ event: 'success', url: upload.url, requests }),
})
upload.start()
