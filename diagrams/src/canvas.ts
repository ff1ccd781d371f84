// A diagram on a page: draws BPMN with bpmn-js, marks the way taken and the places that are active, and follows them when the whole is too small to read.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

export interface Marks {
  /** Elements and flows that have been passed. */
  taken: Iterable<string>;
  /** Elements where a token stands now. */
  current: Iterable<string>;
  /** Elements with an open incident. */
  incidents?: Iterable<string>;
  /** Elements where the last step happened; the way on from there is shown with the tokens if both fit. */
  acted?: Iterable<string>;
}

interface Box { x: number; y: number; width: number; height: number }
interface Named { id: string; name?: string; sourceRef?: Named; targetRef?: Named }
interface Shape extends Box { id: string; waypoints?: unknown; businessObject?: Named }
interface ViewBox extends Box { scale: number; inner: Box; outer: { width: number; height: number } }
interface CanvasApi {
  addMarker(id: string, name: string): void;
  removeMarker(id: string, name: string): void;
  zoom(to?: number | 'fit-viewport', center?: { x: number; y: number } | 'auto'): number;
  scroll(by: { dx: number; dy: number }): void;
  viewbox(box?: Box): ViewBox;
  resized(): void;
}
interface Registry { get(id: string): Shape | undefined }
interface Overlays {
  add(id: string, type: string, overlay: { position: { top?: number; left?: number }; html: HTMLElement }): string;
  remove(filter: { type: string }): void;
}

const FONTS = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", system-ui, sans-serif';
const READABLE = 0.6;
const COMFORTABLE = 0.8;
const BREATH = 0.97;
const MARKERS = { taken: 'shenpi-taken', current: 'shenpi-current', incidents: 'shenpi-incident', acted: 'shenpi-acted' } as const;

export class Diagram {
  private readonly viewer: NavigatedViewer;
  private readonly marked: [string, string][] = [];
  private following = true;
  private places: Shape[] = [];
  private acted: Shape[] = [];

  private constructor(private readonly container: HTMLElement) {
    const text = { fontFamily: FONTS, fontSize: 12 };
    this.viewer = new NavigatedViewer({
      container,
      textRenderer: { defaultStyle: text, externalStyle: text },
      bpmnRenderer: { defaultStrokeColor: '#667085', defaultLabelColor: '#1d2939' },
    });
    followFingers(container, this.canvas);
    let width = container.clientWidth;
    new ResizeObserver(() => {
      if (container.clientWidth === width) return;
      width = container.clientWidth;
      this.canvas.resized();
      this.look();
    }).observe(container);
  }

  /** Return the diagram drawn into `container`, which is emptied first; rejects when the XML cannot be drawn. */
  static async draw(container: HTMLElement, xml: string): Promise<Diagram> {
    container.replaceChildren();
    const diagram = new Diagram(container);
    await diagram.viewer.importXML(xml);
    diagram.look();
    return diagram;
  }

  private get canvas(): CanvasApi { return this.viewer.get('canvas') as CanvasApi; }
  private get registry(): Registry { return this.viewer.get('elementRegistry') as Registry; }
  private get overlays(): Overlays { return this.viewer.get('overlays') as Overlays; }

  /** The name drawn on an element; for a flow without one, where it leads from and to; otherwise the id. */
  nameOf(id: string): string {
    const { name, sourceRef, targetRef } = this.registry.get(id)?.businessObject ?? { id };
    if (name || !sourceRef || !targetRef) return name || id;
    return `${sourceRef.name || sourceRef.id} → ${targetRef.name || targetRef.id}`;
  }

  /** Where a flow leads; null for what is no flow. */
  targetOf(id: string): string | null {
    return this.registry.get(id)?.businessObject?.targetRef?.id ?? null;
  }

  /** Replace every mark by these; ids that the drawing does not have are left out. */
  mark(marks: Marks): void {
    for (const [id, marker] of this.marked.splice(0)) this.canvas.removeMarker(id, marker);
    this.overlays.remove({ type: 'token' });
    for (const kind of ['taken', 'current', 'incidents', 'acted'] as const) {
      for (const id of marks[kind] ?? []) {
        if (!this.registry.get(id)) continue;
        this.canvas.addMarker(id, MARKERS[kind]);
        this.marked.push([id, MARKERS[kind]]);
      }
    }
    this.places = this.shapes(marks.current);
    this.acted = this.shapes(marks.acted ?? []);
    this.places.forEach((shape) => this.putToken(shape));
    this.look();
  }

  /** Show everything, or the active places at a readable size. */
  follow(active: boolean): void {
    this.following = active;
    this.look();
  }

  private shapes(ids: Iterable<string>): Shape[] {
    return [...ids].map((id) => this.registry.get(id)).filter((shape): shape is Shape => shape !== undefined && !shape.waypoints);
  }

  private putToken(shape: Shape): void {
    const token = document.createElement('div');
    token.className = 'shenpi-token';
    this.overlays.add(shape.id, 'token', { position: { top: -14, left: shape.width / 2 - 14 }, html: token });
  }

  private look(): void {
    if (!this.container.clientWidth || !this.container.clientHeight) return;
    const scale = this.canvas.zoom('fit-viewport', 'auto');
    this.canvas.zoom(scale * BREATH, 'auto');
    if (!this.following || !this.places.length || scale >= READABLE) return;
    const { inner, outer } = this.canvas.viewbox();
    const width = outer.width / COMFORTABLE;
    const height = outer.height / COMFORTABLE;
    const choices = [[...this.places, ...this.acted], this.places, this.places.slice(0, 1)].map(around);
    const place = choices.find((box) => box.width < width && box.height < height) ?? choices[2]!;
    this.canvas.viewbox({
      x: within(place.x + place.width / 2, width, inner.x, inner.width),
      y: within(place.y + place.height / 2, height, inner.y, inner.height),
      width,
      height,
    });
  }
}

/** The smallest box around all of these. */
function around(boxes: Box[]): Box {
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const width = Math.max(...boxes.map((box) => box.x + box.width)) - x;
  const height = Math.max(...boxes.map((box) => box.y + box.height)) - y;
  return { x, y, width, height };
}

/** Where a window of `size` begins so that it shows `middle` and as little as possible beyond the drawing. */
function within(middle: number, size: number, start: number, length: number): number {
  const margin = 24;
  if (size >= length + 2 * margin) return start + length / 2 - size / 2;
  return Math.min(Math.max(middle - size / 2, start - margin), start + length + margin - size);
}

/** bpmn-js pans with a mouse only: one finger pans, two fingers zoom. */
function followFingers(container: HTMLElement, canvas: CanvasApi): void {
  const fingers = new Map<number, { x: number; y: number }>();
  const spread = (): number => {
    const [a, b] = [...fingers.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  };
  container.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch') fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  container.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const wide = spread();
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (fingers.size === 1) canvas.scroll({ dx: event.clientX - before.x, dy: event.clientY - before.y });
    if (fingers.size !== 2 || !wide) return;
    const [a, b] = [...fingers.values()] as [{ x: number; y: number }, { x: number; y: number }];
    const frame = container.getBoundingClientRect();
    canvas.zoom(canvas.zoom() * (spread() / wide), { x: (a.x + b.x) / 2 - frame.left, y: (a.y + b.y) / 2 - frame.top });
  });
  for (const end of ['pointerup', 'pointercancel', 'pointerleave'] as const) container.addEventListener(end, (event) => fingers.delete(event.pointerId));
}
