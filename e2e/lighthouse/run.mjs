// Runs Lighthouse over pages: reads {"cookie", "runs", "urls"} from its input and prints one line of JSON a page, the median of its runs.
// Mobile, simulated throttling: Lighthouse's defaults.
import { readFileSync } from 'node:fs'
import * as chromeLauncher from 'chrome-launcher'
import lighthouse from 'lighthouse'

const { cookie, runs, urls } = JSON.parse(readFileSync(0, 'utf8'))
const flags = ['--headless=new', '--disable-gpu', '--disable-component-update']
if (process.getuid() === 0) flags.push('--no-sandbox')
const chrome = await chromeLauncher.launch({ chromePath: process.env.CHROME_PATH ?? '/usr/bin/chromium', chromeFlags: flags })

const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

for (const url of urls) {
  const all = []
  for (let i = 0; i < runs; i++) {
    const { lhr } = await lighthouse(url, {
      port: chrome.port, logLevel: 'error', onlyCategories: ['performance', 'accessibility', 'best-practices'],
      extraHeaders: cookie ? { Cookie: cookie } : {}, disableStorageReset: true, maxWaitForLoad: 20_000,
    })
    if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`)
    all.push(lhr)
  }
  const score = name => median(all.map(r => r.categories[name].score))
  const value = name => median(all.map(r => r.audits[name].numericValue))
  const lost = Object.values(all[0].audits)
    .filter(a => a.score !== null && a.score < 1 && ['binary', 'numeric'].includes(a.scoreDisplayMode)).map(a => a.id)
  console.log(JSON.stringify({
    url, asked: all[0].finalDisplayedUrl, performance: score('performance'), accessibility: score('accessibility'), bestPractices: score('best-practices'),
    lcp: value('largest-contentful-paint'), cls: value('cumulative-layout-shift'), tbt: value('total-blocking-time'), lost,
  }))
}
await chrome.kill()
