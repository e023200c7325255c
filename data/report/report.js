"use strict";
const root = document.documentElement;
document.getElementById("lang").addEventListener("click", () => {
  root.dataset.lang = root.dataset.lang === "zh" ? "en" : "zh";
  root.lang = root.dataset.lang === "zh" ? "zh-CN" : "en";
});
const video = document.querySelector("video");
const phone = video.parentElement;
function show() {
  for (const box of document.querySelectorAll("input[data-shows]"))
    document.getElementById(box.dataset.shows).classList.toggle("off", !box.checked);
  const app = document.querySelector("input[data-shows=app]").checked;
  video.controls = !app; // the browser's own buttons would lie under the app's
  phone.classList.toggle("app-on", app);
  phone.classList.toggle("paused", video.paused);
}
for (const name of ["play", "pause", "ended"]) video.addEventListener(name, show);
for (const box of document.querySelectorAll("input[data-shows]")) box.addEventListener("change", show);
video.addEventListener("click", () => {
  if (video.controls) return;
  if (video.paused) video.play();
  else video.pause();
});
show();
for (const button of document.querySelectorAll("button[data-copy]"))
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.firstElementChild.classList.add("off");
    button.lastElementChild.classList.remove("off");
    setTimeout(() => {
      button.firstElementChild.classList.remove("off");
      button.lastElementChild.classList.add("off");
    }, 1500);
  });
for (const link of document.querySelectorAll("[data-seek]"))
  link.addEventListener("click", () => {
    video.currentTime = Number(link.dataset.seek);
    video.scrollIntoView({ block: "center", behavior: "smooth" });
  });
