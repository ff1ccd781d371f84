// The bottom bar: play, step, speed, the slider with its marks. Owns which step is shown; the address keeps it as #step=7.
import { build } from './panel';
import type { Step } from './story';
import { say } from './words';

const PACE = 1400;

export class Timeline {
  private index = -1;
  private clock: number | undefined;
  private readonly slider: HTMLInputElement;
  private readonly speed: HTMLSelectElement;

  constructor(private readonly root: HTMLElement, private readonly steps: Step[], private readonly show: (index: number) => void) {
    this.slider = root.querySelector<HTMLInputElement>('input[type=range]')!;
    this.speed = root.querySelector<HTMLSelectElement>('select')!;
    this.slider.max = String(steps.length - 1);
    this.drawMarks();
    this.listen();
    this.go(this.fromAddress() ?? 0);
  }

  private drawMarks(): void {
    const last = Math.max(1, this.steps.length - 1);
    const marks = this.steps.flatMap((step, index) => {
      const kind = step.faulty ? 'faulty' : step.mark;
      if (!kind) return [];
      const mark = build('span', { class: `replay-mark is-${kind}`, title: `${say('step', { n: step.number })} · ${say(`mark:${kind}`)}` });
      mark.style.left = `${(index / last) * 100}%`;
      return [mark];
    });
    this.root.querySelector('.replay-marks')!.replaceChildren(...marks);
  }

  private listen(): void {
    this.slider.addEventListener('input', () => this.stopAnd(this.slider.valueAsNumber));
    this.root.addEventListener('click', (event) => {
      const button = (event.target as Element).closest<HTMLElement>('[data-replay]');
      if (button) this.press(button.dataset.replay!);
    });
    this.speed.addEventListener('change', () => { if (this.clock !== undefined) this.play(); });
    window.addEventListener('hashchange', () => {
      const asked = this.fromAddress();
      if (asked !== null && asked !== this.index) this.stopAnd(asked);
    });
    document.addEventListener('keydown', (event) => this.key(event));
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    if ((event.target as Element).closest('input, select, textarea, [contenteditable]')) return;
    const move = { ArrowLeft: 'back', ArrowRight: 'forward', Home: 'first', End: 'last' }[event.key];
    if (!move) return;
    event.preventDefault();
    this.press(move);
  }

  private press(what: string): void {
    if (what === 'first') this.stopAnd(0);
    else if (what === 'back') this.stopAnd(this.index - 1);
    else if (what === 'forward') this.stopAnd(this.index + 1);
    else if (what === 'last') this.stopAnd(this.steps.length - 1);
    else if (what === 'play' && this.clock !== undefined) this.stop();
    else if (what === 'play') this.play();
  }

  private play(): void {
    window.clearInterval(this.clock);
    if (this.index >= this.steps.length - 1) this.go(0);
    this.clock = window.setInterval(() => {
      this.go(this.index + 1);
      if (this.index >= this.steps.length - 1) this.stop();
    }, PACE / Number(this.speed.value));
    this.labelPlay();
  }

  private stop(): void {
    window.clearInterval(this.clock);
    this.clock = undefined;
    this.labelPlay();
  }

  private stopAnd(index: number): void {
    this.stop();
    this.go(index);
  }

  private labelPlay(): void {
    const button = this.root.querySelector<HTMLElement>('[data-replay=play]')!;
    const playing = this.clock !== undefined;
    button.setAttribute('aria-label', say(playing ? 'pause' : 'play'));
    button.classList.toggle('is-playing', playing);
  }

  /** Show the step at `wanted`, or the nearest there is. */
  go(wanted: number): void {
    const index = Math.min(Math.max(wanted, 0), this.steps.length - 1);
    if (index === this.index) return;
    this.index = index;
    const step = this.steps[index]!;
    this.slider.value = String(index);
    this.slider.setAttribute('aria-valuetext', say('stepOf', { n: step.number, all: this.steps.length }));
    this.slider.style.setProperty('--done', `${(index / Math.max(1, this.steps.length - 1)) * 100}%`);
    for (const [name, end] of [['first', 0], ['back', 0], ['forward', this.steps.length - 1], ['last', this.steps.length - 1]] as const) {
      this.root.querySelector<HTMLButtonElement>(`[data-replay=${name}]`)!.disabled = index === end;
    }
    history.replaceState(history.state, '', `#step=${step.number}`);
    this.show(index);
  }

  private fromAddress(): number | null {
    const number = Number(/^#step=(\d+)$/.exec(location.hash)?.[1] ?? Number.NaN);
    const index = this.steps.findIndex((step) => step.number === number);
    return index < 0 ? null : index;
  }
}
