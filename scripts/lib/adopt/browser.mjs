import { join } from 'node:path';
import { chromium, expect } from '@playwright/test';
import { testOutput } from '../paths.mjs';
import { Problem } from '../problem.mjs';
import { plain } from '../run.mjs';

const component = 'component:default/example-website';
const page = '/catalog/default/component/example-website';
const own = {
  entityRef: component,
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'example-website',
};

/** A form, with its first page filled in as a link from another page does. */
const templateOf = name =>
  `/create/templates/default/${name}?formData=${encodeURIComponent(
    JSON.stringify(own),
  )}`;

const PROVES = { proves: true };

/** What the adopter does in the browser. */
export class Browser {
  #browser;
  #page;
  #name;

  constructor(browser, page, name) {
    this.#browser = browser;
    this.#page = page;
    this.#name = name;
  }

  static async open(executablePath, baseURL, name) {
    const args = ['--no-sandbox'];
    const browser = await chromium.launch({ executablePath, args });
    const viewport = { width: 1440, height: 900 };
    const opened = await browser.newPage({ baseURL, viewport });
    opened.setDefaultTimeout(60_000);
    return new Browser(browser, opened, name);
  }

  close() {
    return this.#browser.close();
  }

  /**
   * Walks to the first verified identity, and on the paths "self-service" and "check" to what they are for.
   *
   * @param {string} path
   * @param {(work: () => Promise<string>) => Promise<void>} step - called for each thing that a person does, which answers what it was
   */
  async walk(path, step) {
    const ways = { 'self-service': this.#serve, check: this.#find };
    try {
      await (ways[path] ?? this.#watch).call(this, step);
    } catch (error) {
      throw await this.#problem(error);
    }
  }

  /** Opens the component and verifies what its catalog file names. */
  async #watch(step) {
    await step(async () => {
      await this.#open(page);
      await this.#see(this.#page.getByRole('button', { name: 'Verify now' }));
      await this.#verify();
      return 'open the component, Verify now';
    }, PROVES);
    await step(async () => {
      await this.#open('/aws-identities');
      await this.#page.getByRole('radio', { name: /^Verified/ }).click();
      await this.#page.waitForURL(/status=verified/);
      // Until then the rows of before are there
      await this.#see(this.#page.getByText('1 association', { exact: true }));
      await this.#page.getByRole('link', { name: /payments-ledger/ }).click();
      await this.#page.waitForURL(/status=verified&identity=/);
      await this.#see(this.#page.getByRole('button', { name: 'Verify now' }));
      return 'open AWS identities, filter, open one';
    });
  }

  /** Finds the adopter's own check in the report on the tab. */
  #find(step) {
    return step(async () => {
      await this.#open(`${page}/aws-identity`);
      await this.#verify();
      await this.#page.locator('summary > h3:text-is("Workloads")').click();
      await this.#see(this.#page.getByText('Every pod works in eu-west-1'));
      return 'open the tab, Verify now, open Workloads';
    }, PROVES);
  }

  /** Gives an identity, verifies it once more on the component's page, and removes it. */
  async #serve(step) {
    await step(async () => {
      await this.#open(templateOf('give-a-component-an-aws-identity'));
      await this.#page
        .getByRole('combobox', { name: 'Permissions' })
        .fill('read-payments');
      await this.#page
        .getByRole('option', { name: /^read-payments-receipts/ })
        .click();
      await this.#see(this.#page.getByText('4 to create'));
      await this.#run('Create');
      await this.#see(
        this.#page.getByRole('heading', { name: /^No workload: .*test pod/ }),
      );
      return 'Create → Give a component an AWS identity';
    }, PROVES);
    await step(async () => {
      await this.#page
        .getByRole('link', { name: 'See its AWS identity' })
        .click();
      await this.#page.waitForURL(/aws-identity\?ref=/);
      await this.#see(this.#page.getByText('No workload', { exact: true }));
      await this.#verify('No workload');
      return 'open its page, Verify now';
    });
    await step(async () => {
      await this.#open(templateOf('remove-aws-identity'));
      await this.#see(this.#page.getByText('4 to remove'));
      await this.#run('Remove');
      return "Create → Remove a component's AWS identity";
    });
  }

  async #verify(status = 'Verified') {
    const button = this.#page.getByRole('button', { name: 'Verify now' });
    await button.click();
    await this.#see(this.#page.getByRole('button', { name: 'Cancel' }));
    await this.#see(button);
    await this.#see(this.#page.getByText(status, { exact: true }));
  }

  /** Reviews the form, starts the task, and waits until it has ended well. */
  async #run(button) {
    await this.#page.getByRole('button', { name: 'Review' }).click();
    await this.#page.getByRole('button', { name: button, exact: true }).click();
    await this.#page.waitForURL('**/create/tasks/**');
    const error = this.#page.getByText(/^Error: /);
    await this.#see(error.or(this.#page.getByText('Open the component')));
    expect(await error.allTextContents()).toEqual([]);
  }

  /** Opens a page, as create-app's guest, who may have to say so first. */
  async #open(path) {
    await this.#page.goto(path);
    const guest = this.#page.getByRole('button', { name: 'Enter' });
    await this.#see(
      guest.or(this.#page.getByRole('article').or(this.#page.locator('table'))),
    );
    if (await guest.isVisible()) {
      await guest.click();
    }
  }

  #see(locator) {
    return expect(locator.first()).toBeVisible({ timeout: 120_000 });
  }

  /** What went wrong in the browser, with a picture of it. */
  async #problem(error) {
    const path = join(testOutput, `adopt-${this.#name}-failed.png`);
    await this.#page.screenshot({ path, fullPage: true });
    return new Problem(
      'The browser did not show what it should.',
      `What it showed is on ${path}.`,
      plain(error.message).split('\n').slice(0, 6),
    );
  }
}
