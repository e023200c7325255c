"""The zoom that the autoencoder is trained with does the same to tokens and to pixels."""

import keras
import numpy as np

from aigc_lab.train.autoencoder import zoom_matrix, zoomed


def test_a_zoom_is_the_same_for_tokens_and_pixels():
    assert np.array_equal(zoom_matrix(9, 1.0, 0.3), np.eye(9, dtype=np.float32)), "as far as before: nothing changes"
    ramp = np.arange(72) + 0.5
    for scale, middle in ((2.0, 0.5), (0.5, 0.0), (0.7, 1.0), (1.6, 0.2)):
        pixels, tokens = zoom_matrix(72, scale, middle), zoom_matrix(9, scale, middle)
        assert np.allclose(pixels.sum(1), 1) and np.allclose(tokens.sum(1), 1)
        small = (pixels @ ramp).reshape(9, 8).mean(1)  # zoomed, then made small
        other = tokens @ ramp.reshape(9, 8).mean(1)  # made small, then zoomed
        seen = (other > 16) & (other < 56)  # away from the borders, where both go on as they can
        assert np.abs(small - other)[seen].max() < 1.0
    picture = np.random.default_rng(0).random((1, 2, 9, 5, 3), np.float32)
    rows, columns = zoom_matrix(9, 2.0, 0.5)[None], zoom_matrix(5, 0.5, 1.0)[None]
    made = keras.ops.convert_to_numpy(zoomed(picture, rows, columns))
    assert np.allclose(made, np.einsum("ij,kl,btjlc->btikc", rows[0], columns[0], picture), atol=1e-5)
