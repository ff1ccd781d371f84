// [data-signature]: a pad for a handwritten signature. What is drawn goes up with the page's form as a PNG in the hidden field `signature`.
import SignaturePad from 'signature_pad';

const SHARPEST = 2; // the picture stays small on screens with more pixels
const UNSIGNED = ['reject', 'return']; // who rejects or returns need not sign

document.querySelectorAll<HTMLElement>('[data-signature]').forEach(listen);

function listen(place: HTMLElement): void {
  const box = place.querySelector<HTMLElement>('.autograph-pad')!;
  const canvas = box.querySelector('canvas')!;
  const field = place.querySelector<HTMLInputElement>('input[name=signature]')!;
  const told = place.querySelector<HTMLElement>('[data-signature-missing]')!;
  const before = field.value;
  box.hidden = false;
  place.querySelector<HTMLElement>('[data-signature-none]')!.hidden = true;
  const pad = new SignaturePad(canvas, { penColor: '#16202e', minWidth: 0.8, maxWidth: 2.6 });

  const show = (): void => {
    box.classList.toggle('is-signed', field.value !== '');
    if (field.value) {
      box.classList.remove('is-invalid');
      told.classList.remove('d-block');
    }
  };
  const fit = (): void => {
    const ratio = Math.min(Math.max(window.devicePixelRatio, 1), SHARPEST);
    const [width, height] = [Math.round(canvas.offsetWidth * ratio), Math.round(canvas.offsetHeight * ratio)];
    if (!width || (width === canvas.width && height === canvas.height)) return;
    canvas.width = width;
    canvas.height = height;
    canvas.getContext('2d')!.scale(ratio, ratio);
    pad.redraw(); // strokes keep their size; a narrower pad shows less of them, and what was signed before stays in the field
  };

  new ResizeObserver(fit).observe(canvas);
  fit();
  if (before) void pad.fromDataURL(before, { ratio: canvas.width / canvas.offsetWidth, width: canvas.offsetWidth, height: canvas.offsetHeight });
  show();
  pad.addEventListener('endStroke', () => {
    field.value = pad.toDataURL('image/png');
    show();
  });
  place.querySelector('[data-signature-clear]')!.addEventListener('click', () => {
    pad.clear();
    field.value = '';
    show();
  });
  field.form!.addEventListener('submit', (event) => {
    const pressed = event.submitter instanceof HTMLButtonElement ? event.submitter.value : '';
    if (!('required' in place.dataset) || field.value || UNSIGNED.includes(pressed)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    told.textContent = place.dataset.missing ?? '';
    told.classList.add('d-block');
    box.classList.add('is-invalid');
    canvas.focus();
    place.scrollIntoView({ block: 'center' });
  }, true);
}
