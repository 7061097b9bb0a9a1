// How the viewer is built: into the Python package, with no inline code, so that a strict policy holds.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = "http://127.0.0.1:4318";

export default defineConfig({
  base: "/viewer/",
  plugins: [react()],
  server: { proxy: { "/api": server } },
  build: {
    outDir: "../src/spanglass/viewer/static",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
