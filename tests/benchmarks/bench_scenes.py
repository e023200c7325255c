"""How fast scenes are drawn: clips of the corpus a second, milliseconds a frame of a take."""

import time

from aigc_lab.collect.looks import LOOKS
from aigc_lab.collect.scenes import clips, draw_scene, sample_spec, scene_frames
from aigc_lab.settings import threads


def clips_per_second(count: int, processes: int) -> float:
    """Clips of 16 frames at 40x72 a second, once the processes are warm."""
    drawn = clips(range(count + 64), processes=processes)
    for _ in range(64):
        next(drawn)
    start = time.perf_counter()
    for _ in drawn:
        pass
    return count / (time.perf_counter() - start)


def clips_per_cpu_second(count: int) -> float:
    """Clips of 16 frames at 40x72 per second of one core's own time: a number that other programs hardly disturb."""
    for seed in range(20):
        draw_scene(sample_spec(seed), frames=2)
    start = time.process_time()
    for seed in range(count):
        draw_scene(sample_spec(seed))
    return count / (time.process_time() - start)


def milliseconds_per_frame(style: str, size: tuple[int, int], scenes: int = 4, frames: int = 12) -> float:
    """CPU time of one process for one frame of a backdrop, the scene's set-up included in none."""
    spent = 0.0
    for seed in range(scenes):
        drawn = scene_frames(sample_spec(seed, style=style), size, fps=30, seconds=2, subject=False)
        next(drawn)
        start = time.process_time()
        for _ in range(frames):
            next(drawn)
        spent += time.process_time() - start
    return 1000 * spent / scenes / frames


def run() -> dict[str, float]:
    """Measure and print all of them."""
    numbers = {"scenes_clips_per_second": clips_per_second(640, min(threads(), 2))}
    numbers["scenes_clips_per_cpu_second"] = clips_per_cpu_second(200)
    for width, height in ((720, 1280), (1080, 1920)):
        for style in LOOKS:
            numbers[f"scenes_ms_{width}x{height}_{style}"] = milliseconds_per_frame(style, (width, height))
    for name, value in numbers.items():
        print(f"{name}: {value:.1f}")
    return numbers
