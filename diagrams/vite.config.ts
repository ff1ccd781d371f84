// Builds api/static/assets/: app.css (of Tabler only what src/tabler.ts lists), app.js, viewer.js, form.js and form.css, signature.js, replay.js under fixed names for the templates, icons.svg, licences.txt, and shared chunks under hashed names.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import type { AcceptedPlugin, AtRule, Root } from 'postcss';
import { icons } from './src/icons.ts';
import { classes } from './src/tabler.ts';

/** One sprite of the icons we use: `<svg class="icon"><use href=".../icons.svg#check"/></svg>`. */
function sprite(): Plugin {
  const symbol = (name: string): string => {
    const source = readFileSync(new URL(`./node_modules/@tabler/icons/icons/outline/${name}.svg`, import.meta.url), 'utf8');
    const shapes = source.slice(source.indexOf('>') + 1, source.lastIndexOf('</svg>')).replace(/<path stroke="none"[^>]*\/>/, '').trim();
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`;
  };
  return {
    name: 'icon-sprite',
    generateBundle() {
      const source = `<svg xmlns="http://www.w3.org/2000/svg">\n${icons.map(symbol).join('\n')}\n</svg>\n`;
      this.emitFile({ type: 'asset', fileName: 'icons.svg', source });
    },
  };
}

/** Leaves out of Tabler the rules for classes that no page names; what has no class stays. */
function named(): AcceptedPlugin {
  const known = new Set(classes);
  const alternatives = /:(?:not|is|where|has)\([^()]*\)/g;
  const isNamed = (selector: string): boolean =>
    [...selector.replace(alternatives, '').matchAll(/\.((?:[\w-]|\\.)+)/g)].every(([, name = '']) => known.has(name.replaceAll('\\', '')));
  return {
    postcssPlugin: 'named',
    Once(root: Root) {
      root.walkRules((rule) => {
        const inFrames = rule.parent?.type === 'atrule' && (rule.parent as AtRule).name.endsWith('keyframes');
        if (inFrames || !rule.source?.input.file?.includes('@tabler/core')) return;
        const kept = rule.selectors.filter(isNamed);
        if (kept.length === 0) rule.remove();
        else if (kept.length < rule.selectors.length) rule.selectors = kept;
      });
    },
  };
}

/** The licence texts of every package that is inside the bundles, as their authors ask. */
function licences(): Plugin {
  const textOf = (folder: string): string => {
    const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; version: string; license?: string };
    const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
    return `${about.name} ${about.version} (${about.license})\n\n${file ? readFileSync(join(folder, file), 'utf8').trim() : ''}\n`;
  };
  return {
    name: 'licences',
    generateBundle(_, bundle) {
      const root = join(import.meta.dirname, 'node_modules');
      const modules = Object.values(bundle).flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []));
      const names = modules.map((id) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1]).filter((name) => name !== undefined);
      const folders = [...new Set([...names, '@tabler/core', '@tabler/icons'])].sort().map((name) => join(root, name));
      const source = folders.filter((folder) => existsSync(join(folder, 'package.json'))).map(textOf).join(`\n${'-'.repeat(72)}\n\n`);
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source });
    },
  };
}

export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [sprite(), licences()],
  css: { postcss: { plugins: [named()] } },
  build: {
    outDir: '../api/static/assets',
    emptyOutDir: true,
    target: ['chrome109', 'edge109', 'firefox115', 'safari16'],
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      input: { app: 'src/app.ts', viewer: 'src/viewer.ts', form: 'src/form.ts', signature: 'src/signature.ts', replay: 'src/replay.ts' },
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: '[name][extname]',
      },
    },
  },
});
