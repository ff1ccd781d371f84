// The replay page: fetches a recording, proves it, and shows it step by step. Needs the markup of api/templates/replay.html.
import { Diagram } from './canvas';
import { type Recording, type Verdict, verify } from './replay/evidence';
import { build, faultInWords, Panel } from './replay/panel';
import { Pictures } from './replay/pictures';
import { pictureAfter, type Step, toSteps } from './replay/story';
import { Timeline } from './replay/timeline';
import { say } from './replay/words';

const part = (root: HTMLElement, name: string): HTMLElement => root.querySelector<HTMLElement>(`[data-part=${name}]`)!;

async function load(url: string): Promise<Recording> {
  const answer = await fetch(url, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`.trim());
  return (await answer.json()) as Recording;
}

async function drawDiagram(root: HTMLElement, xml: string): Promise<Diagram | null> {
  const stage = part(root, 'diagram');
  try {
    return await Diagram.draw(stage, xml);
  } catch (error) {
    stage.replaceChildren(build('p', { class: 'replay-alert', role: 'alert' }, say('noDiagram', { reason: String(error) })));
    return null;
  }
}

/** The labels of the form fields in the drawing, by variable. */
function formLabels(xml: string): Map<string, string> {
  const fields = [...new DOMParser().parseFromString(xml, 'application/xml').getElementsByTagNameNS('*', 'formField')];
  return new Map(fields.map((field) => [field.getAttribute('id') ?? '', field.getAttribute('label') ?? field.getAttribute('id') ?? '']));
}

function offerWholeView(diagram: Diagram): void {
  const button = document.getElementById('replay-whole');
  if (!button) return;
  let following = true;
  button.hidden = false;
  button.addEventListener('click', () => {
    following = !following;
    diagram.follow(following);
    button.setAttribute('aria-pressed', String(!following));
    part(button, 'whole-label').textContent = say(following ? 'whole' : 'follow');
  });
}

function tellVerdict(root: HTMLElement, verdict: Verdict, steps: Step[]): void {
  const faulty = verdict.entries.filter((entry) => entry.faults.length);
  const first = faulty[0];
  const all = verdict.entries.length;
  const facts = { good: verdict.hashesTrue, all };
  const rest = faulty.length > 1 ? say('more', { n: faulty.length - 1 }) : '';
  const summary = part(root, 'verdict');
  summary.textContent = first ? say('bad', { step: first.step, reason: faultInWords(first.faults[0]!) + rest }) : say('good', facts);
  summary.classList.add(first ? 'is-bad' : 'is-good');
  const lines = [
    say('said:hashes', facts),
    first ? say('said:faults', { n: faulty.reduce((sum, entry) => sum + entry.faults.length, 0) }) : say('said:numbers'),
    ...(verdict.personalAll ? [say('said:personal', { good: verdict.personalTrue, all: verdict.personalAll })] : []),
    ...(verdict.erased ? [say('said:erased', { n: verdict.erased })] : []),
    ...(verdict.withheld ? [say('said:withheld', { n: verdict.withheld })] : []),
    say('said:cannot'),
  ];
  part(root, 'verdict-words').replaceChildren(...lines.map((line) => build('li', {}, line)));
  root.dataset.verdict = first ? 'bad' : 'good';
  root.dataset.steps = String(steps.length);
}

/** What the server says after running the case again from its record; shown beside what this browser has proved itself. */
async function tellRerun(root: HTMLElement): Promise<void> {
  const url = root.dataset.verificationUrl;
  if (!url) return;
  const place = part(root, 'rerun');
  try {
    const answer = await fetch(url, { headers: { Accept: 'application/json' } });
    if (!answer.ok) throw new Error(String(answer.status));
    const said = (await answer.json()) as { rerunSteps: number; rerunFaults: { zh: string; en: string }[] };
    const fault = said.rerunFaults[0];
    const chinese = document.documentElement.lang.startsWith('zh');
    place.textContent = fault ? say('rerunBad', { reason: chinese ? fault.zh : fault.en }) : say('rerunGood', { n: said.rerunSteps });
    place.classList.add(fault ? 'is-bad' : 'is-good');
    root.dataset.rerun = fault ? 'bad' : 'good';
  } catch (error) {
    place.textContent = say('rerunUnknown', { reason: String(error) });
  }
}

/** Compare every handwritten signature with its digest, also where nobody steps to. */
async function tellSignatures(root: HTMLElement, verdict: Verdict, pictures: Pictures): Promise<void> {
  const found = await pictures.count(verdict.entries);
  if (!found) return;
  part(root, 'verdict-words').prepend(build('li', {}, say('said:signatures', { good: found.good, all: found.all })));
  root.dataset.signatures = found.first ? 'bad' : 'good';
  if (!found.first || root.dataset.verdict === 'bad') return;
  const summary = part(root, 'verdict');
  summary.textContent = say('bad', { step: found.first.step, reason: say('fault:signature') });
  summary.classList.replace('is-good', 'is-bad');
  root.dataset.verdict = 'bad';
}

async function replay(root: HTMLElement): Promise<void> {
  const panel = part(root, 'panel');
  panel.replaceChildren(build('p', { class: 'text-secondary' }, say('loading')));
  const recording = await load(root.dataset.url!);
  if (!recording.events.length) {
    panel.replaceChildren(build('p', {}, say('nothing')));
    return;
  }
  part(root, 'verdict').textContent = say('checking');
  const [diagram, verdict] = await Promise.all([drawDiagram(root, recording.bpmn), verify(recording)]);
  const steps = toSteps(verdict.entries);
  tellVerdict(root, verdict, steps);
  void tellRerun(root);
  const pictures = new Pictures(root.dataset.attachmentsUrl ?? '');
  void tellSignatures(root, verdict, pictures);
  const story = new Panel(panel, recording.people, (element) => diagram?.nameOf(element) ?? element, formLabels(recording.bpmn), pictures);
  part(root, 'controls').hidden = false;
  new Timeline(part(root, 'controls'), steps, (index) => {
    story.show(steps, index);
    diagram?.mark(pictureAfter(steps.slice(0, index + 1), (id) => diagram.targetOf(id)));
  });
  if (diagram) offerWholeView(diagram);
}

const root = document.getElementById('replay');
if (root) {
  replay(root).catch((error: unknown) => {
    part(root, 'panel').replaceChildren(build('p', { class: 'replay-alert', role: 'alert' }, say('failed', { reason: error instanceof Error ? error.message : String(error) })));
  });
}
