// Diagrams inside pages: every [data-bpmn-url] is drawn with its current places and the way taken marked. What stands inside (a picture) stays if drawing fails.
// The wheel scrolls the page; with Ctrl it zooms the diagram.
import { Diagram } from './canvas';

const ids = (words: string | undefined): string[] => (words ?? '').split(/\s+/).filter(Boolean);

async function draw(holder: HTMLElement): Promise<void> {
  const { bpmnUrl, current, taken, incidents, follow } = holder.dataset;
  if (!bpmnUrl || holder.dataset.drawn) return;
  holder.dataset.drawn = 'yes';
  const stage = document.createElement('div');
  stage.className = 'shenpi-stage';
  try {
    const answer = await fetch(bpmnUrl, { headers: { Accept: 'application/xml' } });
    if (!answer.ok) throw new Error(`${answer.status} ${bpmnUrl}`);
    const xml = await answer.text();
    const before = [...holder.childNodes];
    holder.append(stage);
    stage.addEventListener('wheel', (event) => { if (!event.ctrlKey) event.stopPropagation(); }, { capture: true, passive: true });
    const diagram = await Diagram.draw(stage, xml);
    before.forEach((node) => node.remove());
    diagram.mark({ current: ids(current), taken: ids(taken), incidents: ids(incidents) });
    diagram.follow(follow !== 'no');
    holder.dispatchEvent(new CustomEvent('shenpi:drawn', { bubbles: true }));
  } catch (error) {
    stage.remove();
    holder.dataset.drawn = 'failed';
    console.error(error);
  }
}

function drawAll(): void {
  document.querySelectorAll<HTMLElement>('[data-bpmn-url]').forEach((holder) => void draw(holder));
}

drawAll();
document.addEventListener('htmx:after:swap', drawAll);
document.addEventListener('toggle', drawAll, true);
